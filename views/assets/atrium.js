// Small improvements of single elements. Every page works without them.

/** The eye beside a password: shows what was typed, until the form is sent. */
for (const eye of document.querySelectorAll('button[data-reveal]')) {
  const input = eye.parentElement.querySelector('input')
  const show = (shown) => {
    input.type = shown ? 'text' : 'password'
    eye.setAttribute('aria-pressed', String(shown))
  }
  eye.hidden = false
  eye.addEventListener('click', () => {
    show(input.type === 'password')
    input.focus()
  })
  // A password manager must see a password field when the form leaves.
  input.form?.addEventListener('submit', () => show(false))
}

/** A form is sent once: a second press while the answer is on its way does nothing. */
for (const form of document.querySelectorAll('form[data-once]')) {
  form.addEventListener('submit', (event) => {
    if (form.ariaBusy === 'true') event.preventDefault()
    form.ariaBusy = 'true'
    // An answer may never come; then the customer may press again.
    setTimeout(() => form.removeAttribute('aria-busy'), 10_000)
  })
}

/** A page that comes back from the history is as good as new. */
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[aria-busy]')) form.removeAttribute('aria-busy')
})

/** Times in the time zone of whoever reads them. */
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' })
for (const time of document.querySelectorAll('time[data-local]')) time.textContent = clock.format(new Date(time.dateTime))

/** Tells with the password whether this device can keep a passkey: only then is one offered afterwards. */
const told = document.querySelector('input[data-can-keep-passkey]')
if (told && (await globalThis.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.())) told.value = 'yes'
