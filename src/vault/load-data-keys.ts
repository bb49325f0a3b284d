import { z } from 'zod'
import { type Random, systemRandom } from '../ports/random.ts'
import { createKeyFile, keySetText, readKeyFile } from './data-key-file.ts'
import { type DataKeyList, type DataKeyMaterial, DataKeys } from './data-keys.ts'
import { DataKeysError } from './data-keys-error.ts'

export type DataKeysSource = { readonly file: string } | { /** The JWK set itself. */ readonly env: string }

/**
 * Reads the key-encryption keys: a JWK set (RFC 7517 §5) of 256 bit `oct` keys with `kid`, newest first.
 *
 * @param options.generate make the file, readable by its owner only, when there is none. Of several processes starting together one wins.
 * @throws DataKeysError when there is no usable key set
 */
export async function loadDataKeys(source: DataKeysSource, options: { generate: boolean; random?: Random }): Promise<DataKeys> {
  if ('env' in source) return new DataKeys(parseDataKeys(source.env, 'the environment variable'))
  let text = await readKeyFile(source.file)
  if (text === undefined && options.generate) {
    await createKeyFile(source.file, options.random ?? systemRandom)
    text = await readKeyFile(source.file)
  }
  return new DataKeys(parsedFile(source.file, text), async () => parsedFile(source.file, await readKeyFile(source.file)))
}

function parsedFile(file: string, text: string | undefined): DataKeyList {
  if (text === undefined) throw new DataKeysError(`the file ${file} does not exist`)
  return parseDataKeys(text, `the file ${file}`)
}

/** The text of the key set with one key more, first, or one fewer; what else stands in it stays. */
export function changedKeySet(text: string, { add, remove }: { readonly add?: object; readonly remove?: string }): string {
  const { keys } = rawKeySet.parse(parseJson(text, 'it'))
  return keySetText([...(add ? [add] : []), ...keys.filter(({ kid }) => kid !== remove)])
}

const rawKeySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) })

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

function parseDataKeys(text: string, where: string): DataKeyList {
  const parsed = keySetShape.safeParse(parseJson(text, where))
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${pathText(path)} ${message}`)
    throw new DataKeysError(`${where} is no JWK set of 256 bit keys: ${problems.join(', ')}`)
  }
  const [newest, ...older] = parsed.data.keys.map(({ kid, k }): DataKeyMaterial => ({ kid, bytes: Buffer.from(k, 'base64url') }))
  if (!newest) throw new DataKeysError(`${where} holds no key`)
  const names = new Set([newest, ...older].map(({ kid }) => kid))
  if (names.size <= older.length) throw new DataKeysError(`${where} has two keys with the same kid`)
  return [newest, ...older]
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
