import assert from 'node:assert/strict'
import { type GroupFile, parseGroupFile } from '../../src/group/index.ts'

/** A group file of one brand with one shop, right in every line. Tests break one line of it. */
export const SMALL_GROUP = `group:
  name: Small Group
recipients:
  - key: linden
    kind: brand
    name: Linden
    uri: https://linden.example/
    look: { color: "#336644", radius_px: 6, font: sans, mark: arch }
  - key: postman
    kind: partner
    name: Postman
clients:
  - client_id: linden-web
    client_name: Linden
    recipient: linden
    channel: web
    client_secret: a-secret-of-the-linden
    grant_types: [authorization_code, refresh_token]
    redirect_uris: [https://linden.example/callback]
    scope: openid email
    needs:
      - purpose: service
        attributes: [email, name]
        required: [email]
    writes: [contact]
attributes:
  - group: contact
    label: { en: Contact }
    attributes:
      - { name: name, type: text, sensitivity: low, purposes: [service, delivery], label: { en: Name } }
      - { name: email, type: email, sensitivity: normal, purposes: [service], label: { en: Email } }
purposes:
  - { name: service, label: { en: Service }, description: { en: To serve you. } }
  - { name: delivery, label: { en: Delivery }, description: { en: To bring it. } }
journeys:
  default:
    steps: [identify, sign_up, verify_email, password, confirm]
`

/** The small group with pieces of its text replaced; fails when a piece is not there. */
export function smallGroup(...replacements: readonly (readonly [from: string, to: string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the small group has no ${JSON.stringify(from)}`)
    return text.replace(from, () => to)
  }, SMALL_GROUP)
}

/** The file, or a failed test that prints its problems. */
export function parsed(text: string, fileName = 'group.yaml'): GroupFile {
  const result = parseGroupFile(text, fileName)
  assert.ok(result.ok, result.ok ? '' : result.problems.join('\n'))
  return result.file
}

/** The problems of a file that must have some. */
export function problemsOf(text: string, fileName = 'group.yaml'): string[] {
  const result = parseGroupFile(text, fileName)
  return result.ok ? [] : result.problems
}
