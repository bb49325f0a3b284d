import { createReadStream } from 'node:fs'
import { ImportFileRefused } from './import-file-refused.ts'
import { type JsonRow, RowScanner, type Shape } from './row-scanner.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * The rows of a JSON file, some at a time, in memory that does not grow with the file. A file that is no JSON throws {@link ImportFileRefused} with
 * its line.
 *
 * @param shapeOf chosen by the first character that is no space
 * @returns what stood around the rows, parsed, once all of them were taken
 */
export async function* jsonRows(path: string, shapeOf: (first: string) => Shape): AsyncGenerator<readonly JsonRow[], unknown> {
  const scanner = new RowScanner(path, shapeOf)
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      const rows = scanner.push(chunk as Buffer) // a stream without an encoding gives buffers
      if (rows.length > 0) yield rows
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'code' in error) throw new ImportFileRefused(path, reasonOf(String(error.code)))
    throw error
  }
  return scanner.end()
}

const reasonOf = (code: string): string => (code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`)
