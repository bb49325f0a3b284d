import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const ground = ['ports', 'store', 'web', 'views']
const base = [...ground, 'vault', 'events']
const facts = [...base, 'accounts', 'activity', 'group', 'limits']
const proof = [...facts, 'authenticators', 'risk']
const rules = [...proof, 'changes', 'journey', 'privacy', 'sharing', 'merging']

/** What each folder of `src` may import, lowest first. `app`, `cli` and `main` compose and may import everything. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ports: [],
  store: ['ports'],
  web: ['ports', 'store', 'views'],
  vault: ground,
  events: [...ground, 'vault'],
  limits: [...ground, 'vault'],
  group: base,
  accounts: base,
  activity: [...ground, 'vault'],
  risk: facts,
  authenticators: facts,
  sharing: proof,
  changes: proof,
  merging: [...proof, 'changes', 'sharing'],
  privacy: proof,
  import: proof,
  journey: [...proof, 'changes', 'sharing'],
  oidc: rules,
  portal: rules,
  customers: rules,
  admin: rules,
  scim: rules,
  demo: [],
}

/** Imports of types only, against the direction: shapes that ground is handed, never code. */
const TYPES_ALLOWED: Readonly<Record<string, readonly string[]>> = {
  web: ['group'],
  portal: ['oidc'],
  customers: ['oidc'],
}

/** Single functions without a feature's weight that the top of `src` takes past an index. */
const BESIDE_THE_INDEX = new Set(['src/group/did-you-mean.ts'])

/** Folders whose files are imported one by one; of all others only `index.ts`, and `group.ts`, which holds the types of the running group. */
const WITHOUT_INDEX = new Set(['ports', 'store', 'web', 'cli', 'views'])

interface Import {
  readonly from: string
  readonly to: string
  readonly names: string
  readonly typesOnly: boolean
}

const files = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort()

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The source without comments, which may name what the code must not. */
const codeOf = (file: string): string => read(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')

/** `src/vault/index.ts` → `vault`; `src/app.ts` → `app`; `views/page.ts` → `views`. */
const folderOf = (file: string): string =>
  file
    .replace(/^src\//, '')
    .split('/')[0]!
    .replace(/\.ts$/, '')

function importsOf(file: string): Import[] {
  const found = codeOf(file).matchAll(/(?:import|export)\s+(type\s+)?([^'()]*?)\s*from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'\s*\)/g)
  return [...found].map(([, type, names = '', path, dynamic]) => ({
    from: file,
    to: normalize(join(dirname(file), path ?? dynamic!)),
    names,
    typesOnly: type !== undefined,
  }))
}

const sources = files('src')
const imports = [...sources, ...files('views')].flatMap(importsOf).filter(({ to }) => to.endsWith('.ts'))
const lines = (found: Import[]): string[] => found.map(({ from, to }) => `${from} imports ${to}`)

test('imports run downwards', () => {
  const against = imports.filter(({ from, to, typesOnly }) => {
    const [above, below] = [folderOf(from), folderOf(to)]
    const allowed = ALLOWED[above]
    if (above === below || allowed === undefined || allowed.includes(below)) return false
    const isTable = above === 'store' && to.endsWith('/tables.ts')
    return !(typesOnly && (isTable || TYPES_ALLOWED[above]?.includes(below)))
  })

  assert.deepEqual(lines(against), [])
})

test('every folder of src has its place in the table', () => {
  const folders = new Set(sources.filter((file) => file.split('/').length > 2).map(folderOf))

  assert.deepEqual(
    [...folders].filter((folder) => !(folder in ALLOWED) && folder !== 'cli'),
    [],
  )
})

test('other folders import a feature by its index alone', () => {
  const past = imports.filter(({ from, to }) => {
    const folder = folderOf(to)
    if (folderOf(from) === folder || WITHOUT_INDEX.has(folder) || !to.startsWith(`src/${folder}/`)) return false
    const isTables = from === 'src/store/db.ts' && to.endsWith('/tables.ts')
    return !(to.endsWith('/index.ts') || to === 'src/group/group.ts' || isTables || BESIDE_THE_INDEX.has(to))
  })

  assert.deepEqual(lines(past), [])
})

test('features have an index that begins by telling what they own', () => {
  const indexes = sources.filter((file) => /^src\/[^/]+\/index\.ts$/.test(file))

  assert.deepEqual(
    indexes.filter((file) => !/^\/\*\*[\s\S]*?\*\//.test(read(file))),
    [],
  )
})

test('views know neither the database nor the protocol', () => {
  const known = imports.filter(({ from, to }) => folderOf(from) === 'views' && folderOf(to) !== 'views')

  assert.deepEqual(
    lines(known.filter(({ to, typesOnly }) => !['web', 'ports'].includes(folderOf(to)) && !(typesOnly && folderOf(to) === 'group'))),
    [],
  )
})

/** Where time, chance, the network and the environment come from. The demo sites are somebody else's programs. */
const WORLD: readonly (readonly [RegExp, string, (file: string) => boolean])[] = [
  [/\bDate\.now\b/, 'Date.now', () => false],
  [/\bnew Date\(\s*\)/, 'new Date()', () => false],
  [/\bMath\.random\b/, 'Math.random', () => false],
  [/(?<![\w.#])fetch\(/, 'fetch(', (file) => file.startsWith('src/demo/')],
  [/\bprocess\.env\b/, 'process.env', (file) => ['src/main.ts', 'src/config.ts'].includes(file) || file.startsWith('src/demo/')],
]

test('time, chance, outgoing requests and the environment are passed in', () => {
  const found = [...sources, ...files('views')]
    .filter((file) => !file.startsWith('src/ports/'))
    .flatMap((file) =>
      WORLD.filter(([pattern, , exempt]) => !exempt(file) && pattern.test(codeOf(file))).map(([, name]) => `${file}: ${name}`),
    )

  assert.deepEqual(found, [])
})

/** Who may open a connection to the outside, and with what: whatever someone else chose the address of goes through the guarded fetch. */
const OUTGOING: readonly (readonly [RegExp, string, readonly string[]])[] = [
  [/'undici'/, 'undici', ['src/ports/guarded-fetch.ts', 'src/ports/guarded-connect.ts']],
  [/'nodemailer'/, 'nodemailer', ['src/ports/mail.ts']],
  [/'pg'/, 'pg', ['src/store/', 'src/oidc/storage/', 'src/cli/open-database.ts', 'src/cli/doctor.ts']],
  [/'node:(https|http2|tls|dgram)'/, 'another protocol’s client', []],
  [/'node:dns(\/promises)?'/, 'node:dns', ['src/ports/guarded-connect.ts']],
  [/\b(?:request|get|Agent|ClientRequest)\b[^}]*\} from 'node:http'/, "node:http's client", []],
  [/\b(?:connect|createConnection)\b[^}]*\} from 'node:net'/, "node:net's client", ['src/ports/mail.ts']],
  [/\bimport (?:\* as )?\w+(?:, \{[^}]*\})? from 'node:(?:net|http)'/, 'all of node:net or node:http', []],
  [/import\(\s*'node:(?:net|http|https|http2|tls|dgram|dns)/, 'a client loaded later', []],
  [/\b(?:WebSocket|EventSource|createRemoteJWKSet)\b/, 'a client of another kind', []],
]

test('SEC-88 one guarded fetch for all foreign addresses: nothing else opens a connection but mail and database to where the operator says', () => {
  const found = sources
    .filter((file) => !file.startsWith('src/demo/'))
    .flatMap((file) =>
      OUTGOING.filter(([pattern, , allowed]) => pattern.test(codeOf(file)) && !allowed.some((path) => file.startsWith(path))).map(
        ([, name]) => `${file}: ${name}`,
      ),
    )

  assert.deepEqual(found, [])
})

test('only sharing reads a profile for a recipient', () => {
  const readers = imports.filter(({ names }) => /\breadProfileForRelease\b/.test(names))

  assert.deepEqual(lines(readers.filter(({ from }) => !['sharing', 'accounts'].includes(folderOf(from)))), [])
})

test('no folder is a drawer for what has no name', () => {
  const drawers = [...sources, ...files('views'), ...files('test')].filter((file) =>
    /(^|\/)(utils?|helpers?|common|misc|shared)\//.test(file),
  )

  assert.deepEqual(drawers, [])
})

test('a file of more than 300 lines is two things', () => {
  const long = [...sources, ...files('views')].filter((file) => read(file).split('\n').length > 301)

  assert.deepEqual(long, [])
})

test('migrations depend on nothing that may change', () => {
  const foreign = files('migrations').flatMap(importsOf)

  assert.deepEqual(lines(foreign), [])
})
