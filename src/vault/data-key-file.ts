import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Random } from '../ports/random.ts'
import { DataKeysError } from './data-keys-error.ts'

/** One more key-encryption key, as a JWK. Its name is hexadecimal: one that began with a hyphen would be an option on the command line. */
export const newDataKey = (random: Random) => ({
  kty: 'oct',
  kid: random.bytes(6).toString('hex'),
  alg: 'A256KW',
  k: random.bytes(32).toString('base64url'),
})

/** The text of the file, or nothing when there is none. */
export async function readKeyFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new DataKeysError(`the file ${file} cannot be read (${codeOf(error)})`)
  }
}

/** Makes the file with one key. A link, unlike a rename, never replaces the keys that another process has made meanwhile. */
export async function createKeyFile(file: string, random: Random): Promise<void> {
  await throughDraft(file, keySetText([newDataKey(random)]), random, (draft) => link(draft, file).catch(ignore('EEXIST')))
}

/** Puts another key set in the file's place. Whoever reads meanwhile finds the one or the other. */
export async function replaceKeyFile(file: string, text: string, random: Random): Promise<void> {
  await throughDraft(file, text, random, (draft) => rename(draft, file))
}

/** The text of a key file. */
export const keySetText = (keys: readonly unknown[]): string => `${JSON.stringify({ keys }, null, 2)}\n`

/**
 * The file appears complete or not at all: it is written and flushed under another name, readable by its owner only, then put in place. Flushed,
 * because data encrypted under a lost key is lost.
 */
async function throughDraft(file: string, text: string, random: Random, put: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${random.uuid()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFlushed(draft, text)
    await put(draft)
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
