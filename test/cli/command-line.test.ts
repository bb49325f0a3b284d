import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { atrium } from './run-cli.ts'

const COMMANDS = ['start', 'migrate', 'plan', 'apply', 'export', 'doctor', 'keys', 'clients']

test('every command has help, and atrium alone lists them', async () => {
  const [alone, ...each] = await Promise.all([atrium([]), ...COMMANDS.map((command) => atrium([command, '--help']))])

  assert.equal(alone.status, 0)
  for (const command of COMMANDS) assert.match(alone.stdout, new RegExp(`^  ${command} `, 'm'))
  for (const { status, stdout } of each) {
    assert.equal(status, 0)
    assert.match(stdout, /^Usage: atrium/)
  }
})

const WRONG: readonly (readonly [string[], RegExp])[] = [
  [['strat'], /^unknown command 'strat' \(Did you mean start\?\)\n$/],
  [['start', '--dmeo'], /^unknown option '--dmeo' \(Did you mean --demo\?\)\n$/],
  [['start', 'now'], /^too many arguments.*\n$/],
  [['plan'], /^required option '-f, --file <file>' not specified\n$/],
  [['apply', '-f', '/nowhere/group.yaml'], /^\/nowhere\/group\.yaml: there is no such file\n$/],
  [['migrate', '--to', '9999-nothing'], /^--to 9999-nothing: there is no such migration, the last one is \S+\n$/],
]

for (const [args, line] of WRONG) {
  test(`atrium ${args.join(' ')}: one line on stderr, exit status 2`, async () => {
    const { status, stdout, stderr } = await atrium(args)

    assert.match(stderr, line)
    assert.equal(stdout, '')
    assert.equal(status, 2)
  })
}

test('a wrong setting and an unknown one: one line each, exit status 2', async () => {
  const { status, stderr } = await atrium(['start'], { PORT: 'x', ATRIUM_ISUER: 'y' })

  assert.equal(
    stderr,
    'ATRIUM_ISUER: there is no such setting, did you mean ATRIUM_ISSUER?\nPORT: must be a port from 1 to 65535, found "x"\n',
  )
  assert.equal(status, 2)
})

test('a bad group file: its place in each line, exit status 2, before anything is started', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-cli-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'group.yaml')
  await writeFile(file, 'recipients:\n  - key: aurora\n    kind: shop\n')

  const { status, stderr } = await atrium(['start'], { ATRIUM_GROUP: file, ATRIUM_DATA_DIR: join(folder, 'data') })

  assert.equal(status, 2)
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^\S+group\.yaml:\d+:\d+ \S/)
})

test('a database that is not there: one line, exit status 1', async () => {
  const { status, stderr } = await atrium(['export'], { DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' })

  assert.match(stderr, /^the database cannot be reached: .*\n$/)
  assert.equal(status, 1)
})
