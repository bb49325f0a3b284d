import { type FileHandle, open } from 'node:fs/promises'

/** Hashes in a file that is too large to load: one SHA-1 a line in ascending order, in hex, each followed by a colon and a number. */
export interface BreachedFile {
  /** @param hash SHA-1 in upper-case hex */
  has(hash: string): Promise<boolean>
  close(): Promise<void>
}

/** What is wrong with a file of breached passwords: told at start. */
export class BreachedFileError extends Error {
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`the breached passwords at ${path} ${problem}`, options)
    this.name = 'BreachedFileError'
  }
}

const LINE = /^([0-9A-Fa-f]{40}):\d{1,12}\r?$/
const HASH_LENGTH = 40
/** No line is longer. */
const MOST_OF_A_LINE = 64
/** Read whole at the end of a search. */
const BLOCK = 4_096

/** Opens a file as "Pwned Passwords" has it, ordered by hash. Looks at its begin and end. @throws BreachedFileError */
export async function openBreachedFile(path: string): Promise<BreachedFile> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new BreachedFileError(path, 'cannot be read', { cause })
  })
  try {
    const { size } = await file.stat()
    const [first] = (await textAt(file, 0, BLOCK)).split('\n')
    const last = (await textAt(file, Math.max(0, size - BLOCK), BLOCK)).trimEnd().split('\n').at(-1)
    const [from, to] = [first, last].map((line) => LINE.exec(line ?? '')?.[1]?.toUpperCase())
    if (from === undefined || to === undefined || from > to) throw new BreachedFileError(path, 'are no lines HASH:COUNT in ascending order')
    return { has: (hash) => search(file, { from: 0, to: size }, hash), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Halves what is left, at the begin of a line each time, until it is one block. */
async function search(file: FileHandle, within: { readonly from: number; readonly to: number }, hash: string): Promise<boolean> {
  let { from, to } = within
  while (to - from > BLOCK) {
    const middle = Math.floor((from + to) / 2)
    const text = await textAt(file, middle, 2 * MOST_OF_A_LINE)
    const start = text.indexOf('\n') + 1
    const found = text.slice(start, start + HASH_LENGTH).toUpperCase()
    if (start === 0 || !/^[0-9A-F]{40}$/.test(found)) throw new Error('a line of the breached passwords is none')
    if (found === hash) return true
    if (found < hash) from = middle + start
    else to = middle + start
  }
  const lines = (await textAt(file, from, to - from)).split('\n')
  return lines.some((line) => line.slice(0, HASH_LENGTH).toUpperCase() === hash)
}

async function textAt(file: FileHandle, position: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.toString('latin1', 0, bytesRead)
}
