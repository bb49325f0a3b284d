import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { createDevMailbox } from '../../src/events/index.ts'
import type { Mail } from '../../src/ports/mail.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createTestVault, dump } from '../vault/test-vault.ts'

const { db, store, vault, clock } = await createTestVault({ after })
const devMailbox = createDevMailbox({ db, vault, clock, random: systemRandom })

beforeEach(async () => {
  clock.set('2026-03-01T12:00:00Z')
  await db.deleteFrom('dev_mailbox').execute()
})

const mailTo = (to: string, subject = 'Hello'): Mail => ({ to, subject, text: 'Hello.', html: '<p>Hello.</p>', from_name: 'Aurora' })

test('mails are kept and listed, newest first', async () => {
  await devMailbox.send(mailTo('ada@home.example', 'first'))
  clock.set('2026-03-01T12:00:01Z')
  await devMailbox.send(mailTo('grace@home.example', 'second'))

  const entries = await devMailbox.list()
  assert.deepEqual(
    entries.map(({ id: _, ...entry }) => entry),
    [
      { to: 'grace@home.example', subject: 'second', text: 'Hello.', html: '<p>Hello.</p>', links: [], at: '2026-03-01T12:00:01.000Z' },
      { to: 'ada@home.example', subject: 'first', text: 'Hello.', html: '<p>Hello.</p>', links: [], at: '2026-03-01T12:00:00.000Z' },
    ],
  )
  assert.match(entries[0]!.id, /^[0-9a-f-]{36}$/)
})

test('a filter finds the mails to one address, however it is written', async () => {
  for (const to of ['ada@home.example', 'grace@home.example', 'ada@home.example']) await devMailbox.send(mailTo(to))

  assert.equal((await devMailbox.list({ to: 'Ada@Home.Example ' })).length, 2)
  assert.deepEqual(await devMailbox.list({ to: 'ada' }), [])
  assert.deepEqual(await devMailbox.list({ to: '' }), [])
})

test('links are those of the HTML and of the text, each once and unescaped', async () => {
  await devMailbox.send({
    ...mailTo('ada@home.example'),
    html: '<a class="b" href="https://id.example/a?x=1&amp;y=2">go</a> <A HREF="https://id.example/b">b</A>',
    text: 'Go to https://id.example/a?x=1&y=2, or (https://id.example/c).',
  })

  const [entry] = await devMailbox.list()
  assert.deepEqual(entry?.links, ['https://id.example/a?x=1&y=2', 'https://id.example/b', 'https://id.example/c'])
})

test('only the newest 1,000 are kept', async () => {
  await devMailbox.send(mailTo('ada@home.example', 'oldest'))
  clock.set('2026-03-01T12:00:01Z')
  await Promise.all(Array.from({ length: 1000 }, () => devMailbox.send(mailTo('grace@home.example'))))
  clock.set('2026-03-01T12:00:02Z')
  await devMailbox.send(mailTo('ada@home.example', 'newest'))

  const entries = await devMailbox.list()
  const { n } = await db
    .selectFrom('dev_mailbox')
    .select((row) => row.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  assert.deepEqual([entries.length, n], [1000, 1000])
  assert.equal(entries[0]?.subject, 'newest')
  assert.ok(entries.every(({ subject }) => subject !== 'oldest'))
})

test('a dump shows no mail', async () => {
  await devMailbox.send(mailTo('ada@home.example', '12345678 is your code'))

  const text = await dump(store, 'dev_mailbox')

  assert.ok(text.length > 0)
  assert.ok(!text.includes('home.example') && !text.includes('12345678'))
})

test('a text message is kept among the mails, says what it is, and is found by its number however it is written', async () => {
  await devMailbox.send(mailTo('ada@home.example'))
  await devMailbox.sms.send({ to: '+4915112345678', text: 'Aurora: your code is 48151623.' })

  for (const to of ['+4915112345678', ' 4915112345678', '+49 151 12345678']) {
    const entries = await devMailbox.list({ to })
    assert.deepEqual(
      entries.map(({ id: _, ...entry }) => entry),
      [
        {
          ...{ to: '+4915112345678', subject: '', text: 'Aurora: your code is 48151623.', html: '', links: [], channel: 'sms' },
          at: '2026-03-01T12:00:00.000Z',
        },
      ],
    )
  }
  assert.deepEqual(
    (await devMailbox.list({ to: 'ada@home.example' })).map(({ channel }) => channel),
    [undefined],
  )
})
