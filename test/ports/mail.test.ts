import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { type Mail, mailSink, smtpMailer } from '../../src/ports/mail.ts'

interface Delivery {
  readonly from: string
  readonly to: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The least an SMTP server can be, on loopback. */
async function smtpServer(t: TestContext, answers: { readonly rcpt?: string } = {}) {
  const deliveries: Delivery[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    converse(socket, answers, (delivery) => deliveries.push(delivery)).catch(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const mailer = smtpMailer(`smtp://127.0.0.1:${port}`, 'Atrium <no-reply@group.example>')
  t.after(() => {
    mailer.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { mailer, deliveries }
}

async function converse(socket: Socket, answers: { readonly rcpt?: string }, deliver: (delivery: Delivery) => void) {
  const say = (line: string) => socket.write(`${line}\r\n`)
  let envelope = { from: '', to: [] as string[] }
  let data: string[] | undefined
  say('220 sink')
  for await (const line of createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (data !== undefined && line !== '.') data.push(line.startsWith('.') ? line.slice(1) : line)
    else if (data !== undefined) {
      deliver({ ...envelope, ...parseMessage(data.join('\n')) })
      envelope = { from: '', to: [] }
      data = undefined
      say('250 kept')
    } else if (/^(ehlo|helo)/i.test(line)) say('250 sink')
    else if (/^mail from:/i.test(line)) {
      envelope.from = line.slice(10)
      say('250 ok')
    } else if (/^rcpt to:/i.test(line)) {
      envelope.to.push(line.slice(8))
      say(answers.rcpt ?? '250 ok')
    } else if (/^data/i.test(line)) {
      data = []
      say('354 go on')
    } else if (/^quit/i.test(line)) socket.end('221 bye\r\n')
    else say('250 ok')
  }
}

function parseMessage(message: string): Pick<Delivery, 'headers' | 'body'> {
  const end = message.indexOf('\n\n')
  const lines = message
    .slice(0, end)
    .replace(/\n[ \t]+/g, ' ')
    .split('\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  return { headers, body: message.slice(end + 2) }
}

const codeMail: Mail = {
  to: 'ada@home.example',
  subject: '12345678 is your code',
  text: 'Your code is 12345678.',
  html: '<p>Your code is <b>12345678</b>.</p>',
  from_name: 'Aurora',
}

test('a mail arrives with text and HTML, in the brand’s name from the configured address', async (t) => {
  const { mailer, deliveries } = await smtpServer(t)

  await mailer.send(codeMail)

  const [delivery] = deliveries
  assert.deepEqual([delivery?.from, delivery?.to], ['<no-reply@group.example>', ['<ada@home.example>']])
  assert.equal(delivery?.headers.from, 'Aurora <no-reply@group.example>')
  assert.equal(delivery?.headers.to, 'ada@home.example')
  assert.equal(delivery?.headers.subject, '12345678 is your code')
  assert.equal(delivery?.headers['auto-submitted'], 'auto-generated')
  assert.match(delivery?.body ?? '', /text\/plain.*Your code is 12345678\..*text\/html.*<b>12345678<\/b>/s)
})

test('SEC-62 line breaks and reversed text in subject and brand stay inside their header', async (t) => {
  const { mailer, deliveries } = await smtpServer(t)

  await mailer.send({
    ...codeMail,
    subject: 'Hello\r\nBcc: eve@evil.example\r\n\r\nbody\u0000\u2028x\u202Egnp',
    from_name: 'Aurora" <eve@evil.example>\r\nBcc: eve@evil.example',
  })

  const [delivery] = deliveries
  assert.deepEqual(delivery?.to, ['<ada@home.example>'])
  assert.equal(delivery?.headers.bcc, undefined)
  assert.equal(delivery?.headers.subject, 'Hello Bcc: eve@evil.example body x gnp')
  assert.match(delivery?.headers.from ?? '', /<no-reply@group\.example>$/)
})

const NOT_ONE_ADDRESS = [
  'ada@home.example, eve@evil.example',
  'ada@home.example;eve@evil.example',
  'Ada <ada@home.example>',
  'ada@home.example\r\nBcc: eve@evil.example',
  'ada@home.example\r\nRCPT TO:<eve@evil.example>',
  '"ada@evil.example"@home.example',
  'group: ada@home.example;',
  'ada',
  '',
]

for (const to of NOT_ONE_ADDRESS) {
  test(`SEC-62 not one address, so no mail: ${JSON.stringify(to)}`, async (t) => {
    const { mailer, deliveries } = await smtpServer(t)

    await assert.rejects(mailer.send({ ...codeMail, to }), TypeError)

    assert.deepEqual(deliveries, [])
  })
}

test('a mail that the server refuses throws, with a code to keep', async (t) => {
  const { mailer } = await smtpServer(t, { rcpt: '550 nobody here' })

  await assert.rejects(mailer.send(codeMail), { code: 'EENVELOPE', responseCode: 550 })
})

test('one mailer sends many mails at once', async (t) => {
  const { mailer, deliveries } = await smtpServer(t)

  await Promise.all(Array.from({ length: 20 }, (_, i) => mailer.send({ ...codeMail, to: `shopper-${i}@home.example` })))

  assert.equal(new Set(deliveries.map((d) => d.to[0])).size, 20)
})

test('the sink keeps mails in order', async () => {
  const sink = mailSink()

  await sink.send(codeMail)
  await sink.send({ ...codeMail, to: 'grace@home.example' })

  assert.deepEqual(
    sink.mails.map((m) => m.to),
    ['ada@home.example', 'grace@home.example'],
  )
})
