// Passkeys: the browser's answer goes into a hidden field, and the form is sent as any other. Every page says what to do where this does not run.
const {
  startAuthentication,
  startRegistration,
  sendSignal,
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  platformAuthenticatorIsAvailable,
  WebAuthnAbortService,
} = globalThis.SimpleWebAuthnBrowser

for (const part of document.querySelectorAll('[data-passkey]')) {
  const form = part.closest('form')
  const optionsJSON = JSON.parse(part.dataset.options)
  const begin = part.dataset.passkey === 'create' ? startRegistration : startAuthentication
  const show = (name) => {
    for (const said of part.querySelectorAll('[data-passkey-said]')) said.hidden = said.dataset.passkeySaid !== name
  }

  const send = (answer) => {
    part.querySelector('input[name=passkey]').value = JSON.stringify(answer)
    form.noValidate = true
    form.requestSubmit()
  }

  const ask = async () => {
    show()
    // A passkey that is made here must not be lost because the form around it comes back: what has to be filled in is asked for first.
    const missing = [...form.elements].find(({ required, type, value }) => required && type !== 'password' && value.trim() === '')
    if (missing && part.dataset.passkey === 'create') {
      show('incomplete')
      return missing.focus()
    }
    try {
      send(await begin({ optionsJSON }))
    } catch (error) {
      // The customer closed the window, or this device has none; both may try again. A passkey that is here already needs no second one.
      if (error.code !== 'ERROR_CEREMONY_ABORTED') show(error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED' ? 'known' : 'failed')
    }
  }

  const isForHere = part.dataset.passkeyHere !== undefined
  if (isForHere ? await platformAuthenticatorIsAvailable() : browserSupportsWebAuthn()) {
    part.hidden = false
    const button = part.querySelector('[data-passkey-start]')
    button.hidden = false
    button.addEventListener('click', ask)
    const field = form.querySelector('input[autocomplete~=webauthn]')
    if (field && (await browserSupportsWebAuthnAutofill())) {
      startAuthentication({ optionsJSON, useBrowserAutofill: true }).then(send, () => {})
      // The form leaves with an address: the offer in its field must not come back as a second answer.
      form.addEventListener('submit', () => WebAuthnAbortService.cancelCeremony())
    }
  } else if (!isForHere) show('unsupported')
}

/** Tells the customer's password manager what became of its passkeys. Best effort: few browsers listen. */
for (const { dataset } of document.querySelectorAll('[data-passkey-signal]'))
  try {
    await sendSignal(JSON.parse(dataset.passkeySignal))
  } catch {}
