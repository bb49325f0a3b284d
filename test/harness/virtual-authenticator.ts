import type { Browser } from 'playwright-core'
import { openPage } from './browser.ts'

export interface VirtualOptions {
  readonly isSynced?: boolean
}

/** A person with a phone that keeps passkeys, as Chromium plays one. */
export async function openWithAuthenticator(browser: Browser, options: VirtualOptions = {}) {
  const { page, context } = await openPage(browser)
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: options.isSynced ?? false,
      defaultBackupState: options.isSynced ?? false,
    },
  })
  const stored = async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  const credentials = async () => (await stored()).length
  /** Whether the person touches the phone as soon as it asks. Off: the offer in the address field stays an offer. */
  const touches = (enabled: boolean) => devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })
  /** Puts the one key's counter back: what a copy of it from then would tell. */
  async function turnBack(signCount: number): Promise<void> {
    const [credential] = await stored()
    await devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential!.credentialId })
    await devtools.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential!, signCount } })
  }
  return { page, context, credentials, touches, turnBack }
}
