import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { buildConnector } from 'undici'
import { type Dial, type Resolve, systemDial } from '../../src/ports/guarded-connect.ts'
import { allowLoopback, createGuardedFetch, FetchRefused, type GuardedFetchOptions } from '../../src/ports/guarded-fetch.ts'

/** A dial that never sends a packet and remembers what it was asked for. */
function noDial(): Dial & { dialled: string[] } {
  const dialled: string[] = []
  const dial: Dial = (_target, addresses, done) => {
    dialled.push(...addresses.map((a) => a.address))
    done(new Error('not dialled in this test'), null)
  }
  return Object.assign(dial, { dialled })
}

const names =
  (table: Record<string, string[]>): Resolve =>
  async (hostname) =>
    (table[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

function guarded(t: TestContext, options: GuardedFetchOptions) {
  const guardedFetch = createGuardedFetch(options)
  t.after(() => guardedFetch.close())
  return guardedFetch
}

const refusalOf = async (answer: Promise<Response>): Promise<string> =>
  answer.then(
    (response) => `answered ${response.status}`,
    (error: unknown) => (error instanceof FetchRefused ? error.code : `threw ${String(error)}`),
  )

/** A site on loopback, reachable as `shop.test` for a fetch that allows it. */
async function site(t: TestContext, listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://shop.test:${port}`, port, options: { resolve: names({ 'shop.test': ['127.0.0.1'] }), allow: () => true } }
}

const NEVER = [
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[fe80::1]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://10.1.2.3/',
  'https://inside.test/',
  'https://inside.test./',
  'https://both.test/',
  'https://nothing.test/',
  'https://0.0.0.0/',
  'https://[::]/',
  'https://[::127.0.0.1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[::ffff:0:10.0.0.1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b:1::a00:1]/',
  'https://[2002:7f00:1::1]/',
  'https://[2001:0:7f00:1::]/',
  'https://[fd00:ec2::254]/',
  'https://[fec0::1]/',
  'https://[ff02::1]/',
  'https://[2001:db8::1]/',
  'https://100.64.0.1/',
  'https://192.0.0.8/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://172.16.0.1/',
  'https://017700000001/',
  'https://127.0.0.1:443@10.0.0.1.inside.test/',
  'https://①②⑦.0.0.1/',
  'https://localhost/',
  'https://mapped.test/',
  'https://metadata.test/',
  'https://translated.test/',
]

for (const url of NEVER) {
  test(`SEC-88 refused before the first packet: ${url}`, async (t) => {
    const dial = noDial()
    const resolve = names({
      'inside.test': ['192.168.0.10'],
      'inside.test.': ['fd00::1'],
      'both.test': ['8.8.8.8', '10.0.0.1'],
      'mapped.test': ['::ffff:169.254.169.254'],
      'metadata.test': ['fd00:ec2::254'],
      'translated.test': ['64:ff9b::7f00:1'],
      localhost: ['127.0.0.1'],
    })
    const guardedFetch = guarded(t, { dial, resolve })

    const refusal = await refusalOf(guardedFetch(url))

    assert.equal(refusal, url.includes('@') ? 'bad_url' : 'address_refused')
    assert.deepEqual(dial.dialled, [])
  })
}

test('SEC-88 a public address is dialled, and only the addresses that were checked: a name server that changes its mind is not asked again', async (t) => {
  const dial = noDial()
  let asked = 0
  const resolve: Resolve = async () => {
    asked += 1
    return [{ address: asked === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }]
  }
  const guardedFetch = guarded(t, { dial, resolve })

  const refusal = await refusalOf(guardedFetch('https://rebinding.test/'))

  assert.equal(refusal, 'unreachable')
  assert.deepEqual([asked, dial.dialled], [1, ['8.8.8.8']])
})

test('plain http is refused, for public addresses too', async (t) => {
  const dial = noDial()
  const guardedFetch = guarded(t, { dial, resolve: names({ 'public.test': ['8.8.8.8'] }), allow: allowLoopback })

  const refusals = [await refusalOf(guardedFetch('http://public.test/')), await refusalOf(guardedFetch('http://8.8.8.8/'))]

  assert.deepEqual(refusals, ['address_refused', 'address_refused'])
  assert.deepEqual(dial.dialled, [])
})

test('in development loopback is reached by its own name, not by a foreign one', async (t) => {
  const dial = noDial()
  const resolve = names({ localhost: ['127.0.0.1', '::1'], 'rebinding.test': ['127.0.0.1'] })
  const guardedFetch = guarded(t, { dial, resolve, allow: allowLoopback })

  const refusals = [
    await refusalOf(guardedFetch('http://localhost:3001/backchannel-logout')),
    await refusalOf(guardedFetch('http://127.0.0.1:3001/')),
    await refusalOf(guardedFetch('http://rebinding.test:3001/')),
  ]

  assert.deepEqual(refusals, ['unreachable', 'unreachable', 'address_refused'])
  assert.deepEqual(dial.dialled, ['127.0.0.1', '::1', '127.0.0.1'])
})

test('only http URLs without credentials are taken', async (t) => {
  const guardedFetch = guarded(t, { dial: noDial() })
  const urls = [
    'file:///etc/passwd',
    'data:text/plain,hello',
    'ftp://shop.test/',
    'javascript:alert(1)',
    '/path',
    '',
    'https://a:b@shop.test/',
  ]

  const refusals = await Promise.all(urls.map((url) => refusalOf(guardedFetch(url))))

  assert.deepEqual(refusals, Array(urls.length).fill('bad_url'))
})

test('method, headers and form body arrive; status, headers and body come back', async (t) => {
  const shop = await site(t, async (request, response) => {
    const body = await request.setEncoding('utf8').toArray()
    response.writeHead(202, { 'x-shop': 'aurora' }).end(JSON.stringify([request.method, request.headers['x-from'], body.join('')]))
  })
  const guardedFetch = guarded(t, shop.options)

  const answer = await guardedFetch(`${shop.url}/logout`, {
    method: 'POST',
    headers: new Headers({ 'x-from': 'atrium' }),
    body: new URLSearchParams({ logout_token: 'a.b.c' }),
  })

  assert.deepEqual([answer.status, answer.headers.get('x-shop')], [202, 'aurora'])
  assert.deepEqual(await answer.json(), ['POST', 'atrium', 'logout_token=a.b.c'])
})

test('an answer without a body is an answer', async (t) => {
  const shop = await site(t, (_request, response) => response.writeHead(204).end())
  const guardedFetch = guarded(t, shop.options)

  assert.equal((await guardedFetch(shop.url)).status, 204)
})

test('SEC-32 a redirect is refused, and its target never asked', async (t) => {
  let asked = 0
  const shop = await site(t, (request, response) => {
    asked += 1
    if (request.url === '/') response.writeHead(302, { location: '/inside' })
    response.end()
  })
  const guardedFetch = guarded(t, shop.options)

  // What oidc-provider passes besides: neither may weaken the guard.
  const refusal = await refusalOf(guardedFetch(`${shop.url}/`, { redirect: 'follow', dispatcher: undefined } as object))

  assert.deepEqual([refusal, asked], ['redirected', 1])
})

test('SEC-89 nothing is sent to where a redirect points: neither body nor credentials, on no kind of redirect', async (t) => {
  const received: string[] = []
  const thief = await site(t, (request, response) => {
    received.push(String(request.headers.authorization))
    response.end()
  })
  const shop = await site(t, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { location: `http://thief.test:${thief.port}/` }).end()
  })
  const guardedFetch = guarded(t, { resolve: names({ 'shop.test': ['127.0.0.1'], 'thief.test': ['127.0.0.1'] }), allow: () => true })

  const refusals = await Promise.all(
    [301, 302, 303, 307, 308].map((status) =>
      refusalOf(
        guardedFetch(`${shop.url}/${status}`, { method: 'POST', headers: { authorization: 'Bearer secret' }, body: 'logout_token=secret' }),
      ),
    ),
  )

  assert.deepEqual([refusals, received], [Array(5).fill('redirected'), []])
})

test('SEC-88 many targets that never answer hold up nobody else', async (t) => {
  const silent = await site(t, () => {})
  const shop = await site(t, (_request, response) => response.end('here'))
  const guardedFetch = guarded(t, {
    ...shop.options,
    timeoutMs: 1_500,
    resolve: names({ 'shop.test': ['127.0.0.1'], 'silent.test': ['127.0.0.1'] }),
  })
  const startedMs = performance.now()
  const hanging = Array.from({ length: 200 }, () => refusalOf(guardedFetch(`http://silent.test:${silent.port}/`)))

  const answer = await guardedFetch(shop.url)
  const tookMs = performance.now() - startedMs

  assert.equal(answer.status, 200)
  assert.ok(tookMs < 1_000, `${tookMs} ms`)
  assert.deepEqual(new Set(await Promise.all(hanging)), new Set(['timed_out']))
  assert.equal((await guardedFetch(shop.url)).status, 200, 'and afterwards all is as before')
})

test('SEC-88 a body longer than the limit is cut, and so is one that only grows when unpacked', async (t) => {
  const bomb = gzipSync(Buffer.alloc(5_000_000))
  const shop = await site(t, (request, response) => {
    if (request.url === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    else response.end(Buffer.alloc(Number(request.url?.slice(1))))
  })
  const guardedFetch = guarded(t, { ...shop.options, maxBytes: 100_000 })

  const refusals = [
    await refusalOf(guardedFetch(`${shop.url}/100000`)),
    await refusalOf(guardedFetch(`${shop.url}/100001`)),
    await refusalOf(guardedFetch(`${shop.url}/bomb`)),
  ]

  assert.ok(bomb.length < 100_000)
  assert.deepEqual(refusals, ['answered 200', 'too_large', 'too_large'])
})

test('SEC-88 silence, a dripping body and a slow name server end with the time limit', async (t) => {
  const shop = await site(t, (request, response) => {
    if (request.url === '/silent') return
    const drip = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(drip))
  })
  const guardedFetch = guarded(t, { ...shop.options, timeoutMs: 200 })
  const unresolved = guarded(t, { resolve: () => new Promise(() => {}), timeoutMs: 200 })

  const refusals = await Promise.all([
    refusalOf(guardedFetch(`${shop.url}/silent`)),
    refusalOf(guardedFetch(`${shop.url}/drip`)),
    refusalOf(unresolved('https://shop.test/')),
  ])

  assert.deepEqual(refusals, ['timed_out', 'timed_out', 'timed_out'])
})

test('a refusal names the host and nothing else of the URL', async (t) => {
  const guardedFetch = guarded(t, { dial: noDial(), resolve: names({}) })

  const error = await guardedFetch('https://shop.test/hook/s3cret?token=s3cret').catch((e: unknown) => e)

  assert.ok(error instanceof FetchRefused)
  assert.equal(error.message, 'address_refused: shop.test')
})

test('the real dial connects to the checked address whatever the name resolves to', async (t) => {
  const shop = await site(t, (request, response) => response.end(request.headers.host))
  const guardedFetch = guarded(t, { ...shop.options, dial: systemDial(buildConnector, 1_000) })

  const answer = await guardedFetch(shop.url)

  assert.equal(await answer.text(), `shop.test:${shop.port}`)
})
