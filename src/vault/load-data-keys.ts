import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { type Random, systemRandom } from '../ports/random.ts'
import { type DataKeyMaterial, DataKeys } from './data-keys.ts'

/** What is wrong with the setting `ATRIUM_DATA_KEYS`, in one sentence without any of its content. */
export class DataKeysError extends Error {
  constructor(problem: string) {
    super(`ATRIUM_DATA_KEYS: ${problem}`)
    this.name = 'DataKeysError'
  }
}

export type DataKeysSource = { readonly file: string } | { /** The JWK set itself. */ readonly env: string }

/**
 * Reads the key-encryption keys: a JWK set (RFC 7517 §5) of 256 bit `oct` keys with `kid`, newest first.
 *
 * @param options.generate make the file, readable by its owner only, when there is none. Of several processes starting together one wins.
 * @throws DataKeysError when there is no usable key set
 */
export async function loadDataKeys(source: DataKeysSource, options: { generate: boolean; random?: Random }): Promise<DataKeys> {
  if ('env' in source) return parseDataKeys(source.env, 'the environment variable')
  let text = await readIfThere(source.file)
  if (text === undefined && options.generate) {
    await createKeyFile(source.file, options.random ?? systemRandom)
    text = await readIfThere(source.file)
  }
  if (text === undefined) throw new DataKeysError(`the file ${source.file} does not exist`)
  return parseDataKeys(text, `the file ${source.file}`)
}

const keySetShape = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('oct', { error: 'must be "oct"' }),
        kid: z.string({ error: 'is missing' }).min(1, 'is empty').max(64, 'is longer than 64 characters'),
        k: z.string({ error: 'is missing' }).regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url'),
        alg: z.enum(['A256KW', 'A256GCMKW', 'A256GCM', 'dir'], { error: 'must be "A256KW" or absent' }).optional(),
      }),
    )
    .min(1, 'is empty'),
})

function parseDataKeys(text: string, where: string): DataKeys {
  const parsed = keySetShape.safeParse(parseJson(text, where))
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${pathText(path)} ${message}`)
    throw new DataKeysError(`${where} is no JWK set of 256 bit keys: ${problems.join(', ')}`)
  }
  const [newest, ...older] = parsed.data.keys.map(({ kid, k }): DataKeyMaterial => ({ kid, bytes: Buffer.from(k, 'base64url') }))
  if (!newest) throw new DataKeysError(`${where} holds no key`)
  const names = new Set([newest, ...older].map(({ kid }) => kid))
  if (names.size <= older.length) throw new DataKeysError(`${where} has two keys with the same kid`)
  return new DataKeys([newest, ...older])
}

/** The parser's own message would quote the text around the mistake, which is key material. */
function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new DataKeysError(`${where} is not JSON`)
  }
}

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '') || 'it'

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new DataKeysError(`the file ${file} cannot be read (${codeOf(error)})`)
  }
}

/**
 * The file appears complete or not at all: it is written and flushed under another name, then linked. A link, unlike a rename, never
 * replaces the keys that another process has made meanwhile. Flushed, because data encrypted under a lost key is lost.
 */
async function createKeyFile(file: string, random: Random): Promise<void> {
  const key = { kty: 'oct', kid: random.bytes(6).toString('base64url'), alg: 'A256KW', k: random.bytes(32).toString('base64url') }
  const draft = `${file}.${random.uuid()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFlushed(draft, `${JSON.stringify({ keys: [key] }, null, 2)}\n`)
    await link(draft, file).catch(ignore('EEXIST'))
    await flushFolder(dirname(file))
  } catch (error) {
    throw new DataKeysError(`the file ${file} cannot be made (${codeOf(error)})`)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined) // what was wrong before matters more
  }
}

async function writeFlushed(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the new name durable. Windows has no such call and needs none. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

const ignore = (code: string) => (error: unknown) => {
  if (codeOf(error) !== code) throw error
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))
