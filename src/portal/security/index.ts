/** Owns the pages on which customers see and change how they sign in. What they change is the authenticators'. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { relatedOrigins } from '../../authenticators/index.ts'
import type { PortalDeps } from '../deps.ts'
import type { Handler } from '../index.ts'
import { changeEmail, showEmail } from './email.ts'
import { addPasskey, changePasskey, showPasskey } from './passkeys.ts'
import { askToRemovePassword, changePassword, removePassword, showPassword } from './password.ts'
import { changePhone, showPhone } from './phone.ts'
import { askToUnlink, finishLink, linkProvider, unlinkProvider } from './providers.ts'
import { makeRecoveryCodes, showRecoveryCodes } from './recovery-codes.ts'
import { showSecurity } from './show-security.ts'
import { addSms, askToRemovePhone, askToRemoveSms, removePhone, removeSms } from './sms.ts'
import { addTotp, askToRemoveTotp, removeTotp, showTotp } from './totp.ts'

const PATH = '/account/security'

/** The W3C's address for password managers, and the origins at which browsers let the group's passkeys be used (WebAuthn L3 §5.11). */
function mountWellKnown(router: Router, { group, issuer }: PortalDeps): void {
  router.get('/.well-known/change-password', (ctx) => {
    ctx.redirect(`${PATH}/password`)
    ctx.status = 303
  })
  router.get('/.well-known/webauthn', (ctx) => {
    const brands = [...group().recipients.values()].filter(({ kind }) => kind === 'brand')
    ctx.body = {
      origins: relatedOrigins(
        issuer,
        brands.flatMap(({ uri }) => uri ?? []),
      ),
    }
  })
}

/** Adds the pages. `signedIn` lets nobody else see them. */
export function mountSecurity(router: Router, deps: PortalDeps, signedIn: (handler: Handler) => (ctx: Context) => Promise<void>): void {
  mountWellKnown(router, deps)
  router.get(PATH, signedIn(showSecurity))
  router.post(`${PATH}/passkeys`, signedIn(addPasskey))
  router.get(`${PATH}/passkeys/edit`, signedIn(showPasskey))
  router.post(`${PATH}/passkeys/edit`, signedIn(changePasskey))
  router.get(`${PATH}/email`, signedIn(showEmail))
  router.post(`${PATH}/email`, signedIn(changeEmail))
  router.post(`${PATH}/providers`, signedIn(linkProvider))
  router.get(`${PATH}/providers`, signedIn(finishLink))
  router.get(`${PATH}/providers/remove`, signedIn(askToUnlink))
  router.post(`${PATH}/providers/remove`, signedIn(unlinkProvider))
  router.get(`${PATH}/totp`, signedIn(showTotp))
  router.post(`${PATH}/totp`, signedIn(addTotp))
  router.get(`${PATH}/totp/remove`, signedIn(askToRemoveTotp))
  router.post(`${PATH}/totp/remove`, signedIn(removeTotp))
  router.get(`${PATH}/phone`, signedIn(showPhone))
  router.post(`${PATH}/phone`, signedIn(changePhone))
  router.get(`${PATH}/phone/remove`, signedIn(askToRemovePhone))
  router.post(`${PATH}/phone/remove`, signedIn(removePhone))
  router.post(`${PATH}/phone/sms`, signedIn(addSms))
  router.get(`${PATH}/phone/sms/remove`, signedIn(askToRemoveSms))
  router.post(`${PATH}/phone/sms/remove`, signedIn(removeSms))
  router.get(`${PATH}/recovery-codes`, signedIn(showRecoveryCodes))
  router.post(`${PATH}/recovery-codes`, signedIn(makeRecoveryCodes))
  router.get(`${PATH}/password`, signedIn(showPassword))
  router.post(`${PATH}/password`, signedIn(changePassword))
  router.get(`${PATH}/password/remove`, signedIn(askToRemovePassword))
  router.post(`${PATH}/password/remove`, signedIn(removePassword))
}
