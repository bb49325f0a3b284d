import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relatedOriginWarnings } from '../../src/cli/plan.ts'

type File = Parameters<typeof relatedOriginWarnings>[1]

/** As much of a group file as is looked at. */
const fileWith = (recipients: readonly { kind: string; uri?: string }[]): File => ({ document: { recipients } }) as unknown as File
const brands = (...hosts: string[]) => hosts.map((host) => ({ kind: 'brand', uri: `https://${host}/` }))

test('MFA-11 plan warns when issuer and brands have more than five registrable names, and says which are beyond', () => {
  const five = brands('aurora.example', 'www.aurora.de', 'borealis.co.uk', 'corona.example', 'dawn.example')
  const others = [{ kind: 'partner', uri: 'https://parcelly.example/' }, { kind: 'brand' }]

  assert.deepEqual(relatedOriginWarnings('https://id.polaris.example', fileWith([...five, ...others])), [])
  const [warning, ...more] = relatedOriginWarnings('https://id.polaris.example', fileWith([...five, ...brands('eos.example'), ...others]))
  assert.match(warning!, /more than 5 .* have 6: .* eos$/)
  assert.deepEqual(more, [])
})
