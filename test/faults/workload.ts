import { setTimeout as wait } from 'node:timers/promises'
import { clientsOf } from '../oidc/protocol.ts'
import { Answered, type History } from './history.ts'
import { type Person, Shopper } from './shopper.ts'
import { anyPlace, type World } from './world.ts'

/** Breath between two acts of one client, so that the machine is busy and not drowned. */
const PAUSE_MS = 10

export interface Workload {
  /** Everybody finishes what they are at. */
  stop(): Promise<void>
  /** Who began to open an account. */
  readonly newcomers: readonly Person[]
  readonly shoppers: readonly Shopper[]
}

/** Shoppers with accounts, somebody who opens one after another, and somebody with no right to anything: all at once, until it is stopped. */
export function startWorkload(world: World, history: History, people: readonly Person[]): Workload {
  const running = { stopped: false }
  const newcomers: Person[] = []
  const shoppers = people.map((person) => new Shopper(world, history, person))
  const until = async (act: () => Promise<unknown>): Promise<void> => {
    while (!running.stopped) {
      await act()
      await wait(PAUSE_MS)
    }
  }
  const work = [
    ...shoppers.map((shopper) => until(shoppingOf(shopper))),
    until(() => openAccount(world, history, newcomers)),
    until(() => forge(world, history)),
  ]
  return {
    newcomers,
    shoppers,
    async stop() {
      running.stopped = true
      await Promise.all(work)
    },
  }
}

const chance = (probability: number): boolean => Math.random() < probability

/** One turn of a shopper: some clients send twice, and some give up and try again, as real ones do. */
function shoppingOf(shopper: Shopper): () => Promise<void> {
  let signedIn = false
  let writes = 0
  return async () => {
    signedIn ||= (await shopper.signIn()) !== undefined
    if (!signedIn) return
    if (chance(0.3)) await shopper.changeProfile(`${shopper.person.name} ${++writes}`)
    if (chance(0.3)) await shopper.readProfile()
    if (chance(0.2)) await shopper.visitSister()
    const code = await shopper.code()
    if (code) await useCode(shopper, code)
    else signedIn = chance(0.7)
    if (chance(0.2)) signedIn = (await shopper.signOut()) === undefined && chance(0.5) // not told: she looks, or gives up
  }
}

async function useCode(shopper: Shopper, code: NonNullable<Awaited<ReturnType<Shopper['code']>>>): Promise<void> {
  const twice = chance(0.4)
  const redeemed = await Promise.all(twice ? [shopper.redeem(code), shopper.redeem(code)] : [shopper.redeem(code)])
  let token = redeemed.find((tokens) => tokens)?.refresh_token
  const first = redeemed.find((tokens) => tokens)
  if (!first || !token) return
  await shopper.userinfo(first.access_token)
  for (let turns = Math.floor(Math.random() * 4); turns > 0 && token; turns--) token = await rotate(shopper, token)
  if (token && chance(0.3)) await shopper.revoke(token)
  if (chance(0.3)) await shopper.userinfo(first.access_token)
  if (token && chance(0.1)) await shopper.refresh(token)
}

/** The next refresh token. Without an answer the client tries the one it has again. */
async function rotate(shopper: Shopper, token: string): Promise<string | undefined> {
  const twice = chance(0.1)
  const answers = await Promise.all(twice ? [shopper.refresh(token), shopper.refresh(token)] : [shopper.refresh(token)])
  const next = answers.find((tokens) => tokens)
  return (next ?? (await shopper.refresh(token)))?.refresh_token
}

async function openAccount(world: World, history: History, newcomers: Person[]): Promise<void> {
  const person = { email: `new.${crypto.randomUUID()}@example.com`, name: 'New Comer', password: 'survives-a-crash-9' }
  newcomers.push(person)
  const shopper = new Shopper(world, history, person)
  if (await shopper.signUp({ twice: chance(0.3) })) await shopper.visitSister()
}

/** Asks for what nobody may have; a fault must never be the reason that somebody gets it. */
async function forge(world: World, history: History): Promise<void> {
  const { auroraWeb: aurora } = clientsOf(world)
  const from = anyPlace()
  const basic = (secret: string) => ({ authorization: `Basic ${btoa(`${aurora.client_id}:${secret}`)}` })
  const secret = aurora.secret
  const madeUp = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string>) =>
    world.send(new URL(path, world.issuer), { method: 'POST', body: new URLSearchParams(fields), headers: { ...from, ...headers } })
  const tries: Record<string, () => Promise<Response>> = {
    'a wrong client secret': () => post('/token', { grant_type: 'client_credentials' }, basic('aurora-wrong-secret')),
    'a made-up code': () =>
      post(
        '/token',
        { grant_type: 'authorization_code', code: `c.${madeUp}`, redirect_uri: aurora.redirect_uri, code_verifier: madeUp },
        basic(secret),
      ),
    'a made-up refresh token': () => post('/token', { grant_type: 'refresh_token', refresh_token: madeUp }, basic(secret)),
    'a made-up access token': () =>
      world.send(new URL('/userinfo', world.issuer), { headers: { ...from, authorization: `Bearer ${madeUp}` } }),
    'introspection without a secret': () => post('/introspect', { token: madeUp }, {}),
    'a silent sign-in without a session': async () => {
      const query = {
        client_id: aurora.client_id,
        redirect_uri: aurora.redirect_uri,
        response_type: 'code',
        scope: 'openid',
        prompt: 'none',
      }
      const params = new URLSearchParams({ ...query, code_challenge: madeUp, code_challenge_method: 'S256' })
      const answer = await world.send(new URL(`/authorize?${params}`, world.issuer), { headers: from })
      const to = answer.headers.get('location') ?? ''
      return to.includes('error=login_required') ? new Response('', { status: 401 }) : answer
    },
  }
  for (const [what, attempt] of Object.entries(tries)) {
    await history.record('nobody', 'forge', { what }, async () => {
      const answer = await attempt()
      if (answer.status >= 400) throw new Answered(answer.status, answer.headers.get('retry-after'))
      return {}
    })
    await wait(PAUSE_MS)
  }
}
