import { createHmac } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { insertErased, listErased } from './store.ts'

/** One erased account: a MAC of its id, and the day (`2026-03-01`). */
export interface ErasedEntry {
  readonly mac: Buffer
  readonly day: string
}

/** Which accounts were erased, kept where a database that is put back does not roll it back. */
export interface ErasureList {
  /** Adds an account. Twice is once. */
  add(db: Db, accountId: AccountId, now: Date): Promise<void>
  /** What the file has and the database has not: these were erased after the backup that this database comes from. */
  missedByDatabase(db: Db): Promise<readonly ErasedEntry[]>
  /** Both know everything from here on. */
  level(db: Db): Promise<void>
  /** Every entry of both. */
  all(db: Db): Promise<readonly ErasedEntry[]>
  macOf(accountId: AccountId): Buffer
}

export interface ErasureListDeps {
  readonly key: Buffer
  /** Absent: the database alone knows. */
  readonly file: string | undefined
  /** Told when the file cannot be read or written. The database knows all the same, and the next round tries again. */
  readonly onFileProblem: (error: unknown) => void
}

const LINE = /^([A-Za-z0-9_-]{43}) (\d{4}-\d{2}-\d{2})$/
const AT_ONCE = 5_000

/**
 * The list of erased accounts: a table, and a file beside the database that is only ever appended to. What one of them lacks it gets from the other,
 * at every start and every hour; so every node's file ends up with all of it.
 */
export function createErasureList({ key, file, onFileProblem }: ErasureListDeps): ErasureList {
  const macOf = (accountId: AccountId): Buffer => createHmac('sha256', key).update(accountId).digest()
  const readEntries = async (): Promise<readonly ErasedEntry[]> => {
    if (file === undefined) return []
    try {
      return parseList(await readFile(file, 'utf8'))
    } catch (error) {
      if (!isMissing(error)) onFileProblem(error)
      return []
    }
  }
  const append = async (entries: readonly ErasedEntry[]): Promise<void> => {
    if (file !== undefined && entries.length > 0) await appendFlushed(file, entries).catch(onFileProblem)
  }
  return {
    macOf,
    async add(db, accountId, now) {
      const entry = { mac: macOf(accountId), day: now.toISOString().slice(0, 10) }
      // what is there, and not in the file because something broke off between the two, goes there with the next levelling
      if ((await insertErased(db, [entry])) > 0) await append([entry])
    },
    missedByDatabase: async (db) => without(await readEntries(), await listErased(db)),
    async level(db) {
      const [inFile, inDatabase] = [await readEntries(), await listErased(db)]
      const missed = without(inFile, inDatabase)
      for (let at = 0; at < missed.length; at += AT_ONCE) await insertErased(db, missed.slice(at, at + AT_ONCE))
      await append(without(inDatabase, inFile))
    },
    async all(db) {
      const [inFile, inDatabase] = [await readEntries(), await listErased(db)]
      return [...inDatabase, ...without(inFile, inDatabase)]
    },
  }
}

const nameOf = ({ mac }: ErasedEntry): string => mac.toString('base64url')

function without(entries: readonly ErasedEntry[], known: readonly ErasedEntry[]): readonly ErasedEntry[] {
  const names = new Set(known.map(nameOf))
  return entries.filter((entry) => !names.has(nameOf(entry)))
}

/** A line that was broken off by a crash is none: the table has it. */
function parseList(text: string): readonly ErasedEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, mac, day] = LINE.exec(line) ?? []
    return mac && day ? [{ mac: Buffer.from(mac, 'base64url'), day }] : []
  })
}

/** Appends and flushes. It begins with a line's end, so that it does not go on a line that was broken off. */
async function appendFlushed(file: string, entries: readonly ErasedEntry[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.appendFile(`\n${entries.map((entry) => `${nameOf(entry)} ${entry.day}\n`).join('')}`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
