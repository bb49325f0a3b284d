import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import {
  authorizationRequest,
  authorize,
  clientsOf,
  payloadOf,
  type Request,
  redemption,
  type TestClient,
  type Tokens,
} from '../oidc/protocol.ts'
import { Answered, type History } from './history.ts'
import { anyPlace, type World } from './world.ts'

export interface Person {
  readonly email: string
  readonly name: string
  readonly password: string
  /** Aurora's name for her, once she has an account. */
  sub?: string
}

export interface Code {
  readonly request: Request
  readonly text: string
}

/** Someone at a browser and the shop that serves her. Every act is recorded; undefined means that it was not acknowledged. */
export class Shopper {
  readonly person: Person
  readonly #world: World
  readonly #history: History
  readonly #aurora: TestClient
  readonly #borealis: TestClient
  #browser: HttpBrowser
  #session = ''

  constructor(world: World, history: History, person: Person) {
    this.person = person
    this.#world = world
    this.#history = history
    this.#aurora = clientsOf(world).auroraWeb
    this.#borealis = clientsOf(world).borealisWeb
    this.#browser = new HttpBrowser(world.issuer, world.send)
  }

  /** Somebody else, recorded in the same history. */
  as(person: Person): Shopper {
    return new Shopper(this.#world, this.#history, person)
  }

  #record: History['record'] = (...args) => this.#history.record(...args)

  async signIn(): Promise<object | undefined> {
    this.#fresh()
    const { email, password } = this.person
    return this.#record(email, 'sign_in', { email, session: this.#session }, async () => {
      const start = need(await authorize(this.#browser, authorizationRequest(this.#aurora)), 'identify')
      const asked = need(await this.#browser.submit(start, { identifier: email }), 'password')
      codeAt(await this.#browser.submit(asked, { password }))
      return {}
    })
  }

  /** From nobody to an account with a confirmed address. @returns whether the mail came and the account was acknowledged */
  async signUp({ twice = false } = {}): Promise<boolean> {
    this.#fresh()
    const { email, name, password } = this.person
    let page: Shown | undefined
    const sent = await this.#record(email, 'request_mail', { email }, async () => {
      const start = need(await authorize(this.#browser, authorizationRequest(this.#aurora)), 'identify')
      const form = need(await this.#browser.submit(start, {}, { name: 'action', value: 'sign-up' }), 'sign_up')
      page = need(await this.#browser.submit(form, { email }), 'verify_email')
      return {}
    })
    const code = sent && (await this.#mailedCode())
    if (!code || !page) return false
    const verified = await this.#browser.submit(page, { code }).catch(() => undefined)
    if (verified?.name !== 'sign_up') return false
    const finish = () =>
      this.#record(email, 'sign_up', { email }, async () => {
        codeAt(await this.#browser.submit(verified, { name, password }))
        return {}
      })
    const made = await Promise.all(twice ? [finish(), finish()] : [finish()])
    return made.some((ok) => ok !== undefined)
  }

  async mailCount(): Promise<number> {
    const answer = await this.#world.send(new URL(`/dev/mailbox.json?to=${encodeURIComponent(this.person.email)}`, this.#world.issuer))
    if (answer.status !== 200) throw new Answered(answer.status, answer.headers.get('retry-after'))
    return ((await answer.json()) as unknown[]).length
  }

  code(): Promise<Code | undefined> {
    const request = authorizationRequest(this.#aurora)
    return this.#record(this.person.email, 'get_code', { session: this.#session }, async () => ({
      code: codeAt(await authorize(this.#browser, request)),
    })).then((got) => got && { request, text: got.code })
  }

  redeem(code: Code): Promise<Tokens | undefined> {
    const input = { session: this.#session, code: code.text, sub: this.person.sub ?? '' }
    let tokens: Tokens | undefined
    return this.#record(this.person.email, 'redeem', input, async () => {
      tokens = await this.#token(redemption(code.request, code.text))
      return {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token ?? '',
        sub: String(payloadOf(tokens.id_token ?? '..').sub),
      }
    }).then((done) => done && tokens)
  }

  refresh(refresh_token: string): Promise<{ access_token: string; refresh_token: string } | undefined> {
    return this.#record(this.person.email, 'refresh', { refresh_token }, async () => {
      const tokens = await this.#token({ grant_type: 'refresh_token', refresh_token })
      return { access_token: tokens.access_token, refresh_token: tokens.refresh_token ?? '' }
    })
  }

  userinfo(access_token: string): Promise<object | undefined> {
    return this.#record(this.person.email, 'userinfo', { access_token, sub: this.person.sub ?? '' }, async () => {
      const headers = { authorization: `Bearer ${access_token}` }
      const { sub } = await json<{ sub: string }>(await this.#world.send(new URL('/userinfo', this.#world.issuer), { headers }))
      return { sub }
    })
  }

  revoke(refresh_token: string): Promise<object | undefined> {
    return this.#record(this.person.email, 'revoke', { refresh_token }, async () => {
      await this.#call('/revoke', { token: refresh_token })
      return {}
    })
  }

  signOut(): Promise<object | undefined> {
    return this.#record(this.person.email, 'sign_out', { session: this.#session }, async () => {
      const asked = need(await this.#browser.open('/sign-out'), 'sign_out')
      need(await this.#browser.submit(asked), 'signed_out')
      return {}
    })
  }

  changeProfile(value: string): Promise<object | undefined> {
    const { email, name } = this.person
    return this.#record(email, 'change_profile', { email, value }, async () => {
      const form = need(await this.#browser.open('/account/profile'), 'account.profile')
      const saved = need(await this.#browser.submit(form, { name, given_name: value }), 'account.profile')
      if (saved.url.searchParams.get('status') !== 'saved') throw new Answered(422, undefined)
      return {}
    })
  }

  readProfile(): Promise<object | undefined> {
    const { email } = this.person
    return this.#record(email, 'read_profile', { email }, async () => ({
      value: inputValue(need(await this.#browser.open('/account/profile'), 'account.profile'), 'given_name') ?? '',
    }))
  }

  /** Comes to Borealis, and agrees if she is asked to. */
  async visitSister(): Promise<void> {
    const input = { email: this.person.email, recipient: 'borealis' }
    let page: Shown | undefined
    const visit = await this.#record(input.email, 'visit', input, async () => {
      page = await authorize(this.#browser, authorizationRequest(this.#borealis))
      if (page.name !== 'confirm') codeAt(page)
      return { asked: page.name === 'confirm' }
    })
    const asked = page
    if (!visit?.asked || !asked) return
    await this.#record(input.email, 'confirm', input, async () => {
      codeAt(await this.#browser.submit(asked))
      return {}
    })
  }

  #fresh(): void {
    this.#browser = new HttpBrowser(this.#world.issuer, this.#world.send)
    Object.assign(this.#browser.headers, anyPlace())
    this.#session = crypto.randomUUID()
  }

  async #mailedCode(): Promise<string | undefined> {
    const at = new URL(`/dev/mailbox.json?to=${encodeURIComponent(this.person.email)}`, this.#world.issuer)
    for (let tries = 0; tries < 30; tries++) {
      const mails = await this.#world.send(at).then(
        async (answer) => (answer.status === 200 ? ((await answer.json()) as { text: string }[]) : []),
        () => [],
      )
      const code = /(?<!\d)\d{8}(?!\d)/.exec(mails[0]?.text ?? '')?.[0]
      if (code) return code
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return undefined
  }

  #token(fields: Record<string, string>): Promise<Tokens> {
    return this.#call('/token', fields).then((answer) => json<Tokens>(answer))
  }

  async #call(path: string, fields: Record<string, string>): Promise<Response> {
    const authorization = `Basic ${btoa(`${this.#aurora.client_id}:${this.#aurora.secret}`)}`
    const answer = await this.#world.send(new URL(path, this.#world.issuer), {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { authorization },
    })
    if (answer.status !== 200) throw new Answered(answer.status, answer.headers.get('retry-after'), await answer.text())
    return answer
  }
}

async function json<T>(answer: Response): Promise<T> {
  if (answer.status !== 200) throw new Answered(answer.status, answer.headers.get('retry-after'), await answer.text())
  return (await answer.json()) as T
}

/** The page that success leads to; any other is a refusal, or an outage. */
function need(page: Shown, name: string): Shown {
  if (page.name === name) return page
  throw new Answered(
    page.status >= 400 ? page.status : 409,
    page.headers.get('retry-after'),
    `${page.url.pathname} ${page.name} in place of ${name}: ${/(?:invalid|unauthorized|unsupported|server)_\w+/.exec(page.text)?.[0] ?? ''}`,
  )
}

function codeAt(page: Shown): string {
  const code = page.url.searchParams.get('code')
  return code ?? (need(page, 'a code') as never)
}
