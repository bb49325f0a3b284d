import { ImportFileRefused } from './import-file-refused.ts'

/** One object of the file and the line it begins in. */
export interface JsonRow {
  readonly line: number
  readonly value: unknown
}

/** What stands around the rows: nothing (one object after the other), an array, or an object whose member holds the array. */
export type Shape = 'lines' | 'array' | { readonly member: string }

/** A row is one customer; what is longer is something else. */
const LONGEST_ROW = 1024 * 1024
/** A realm with all its clients and roles, without its users. */
const LONGEST_FRAME = 32 * 1024 * 1024

/** Enough for the name of a member, a colon and some spaces. */
const TAIL = 100

const [QUOTE, BACKSLASH, NEWLINE, COMMA] = [0x22, 0x5c, 0x0a, 0x2c]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]
const isSpace = (byte: number): boolean => byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09
const UTF_8 = new TextDecoder('utf-8', { fatal: true })
/** A byte order mark, which some programs write first; the decoder knows it too. */
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

type State = 'start' | 'frame' | 'between' | 'row'

/**
 * Cuts rows out of the bytes and leaves their grammar to `JSON.parse`: it knows only where strings and brackets begin and end. What stands around
 * the rows, the frame, is kept and parsed at the end.
 */
export class RowScanner {
  readonly #path: string
  readonly #shapeOf: (first: string) => Shape
  #shape: Shape | undefined
  #state: State = 'start'
  /** What may stand between two rows. */
  #expected: 'row_or_end' | 'comma_or_end' | 'row' = 'row_or_end'
  #rowsSeen = false
  #line = 1
  #depth = 0
  #inString = false
  #escaped = false
  #rowLine = 0
  /** What is looked at, and from where on it is not taken yet. */
  #chunk: Buffer = Buffer.alloc(0)
  #from = 0
  readonly #row = new Pieces(LONGEST_ROW)
  readonly #frame = new Pieces(LONGEST_FRAME)

  constructor(path: string, shapeOf: (first: string) => Shape) {
    this.#path = path
    this.#shapeOf = shapeOf
  }

  push(chunk: Buffer): JsonRow[] {
    const rows: JsonRow[] = []
    this.#chunk = chunk
    this.#from = 0
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString) at = this.#stringEnd(at)
      const byte = chunk[at]
      if (byte === NEWLINE) this.#line++
      if (byte === undefined || isSpace(byte) || (this.#state === 'start' && BOM.includes(byte))) continue
      const before = this.#state
      this.#byte(byte, at)
      if (before === 'row' && this.#state === 'between') rows.push(this.#rowTo(at + 1))
      else if (before === 'between' && byte === COMMA) this.#keepTo(before, at, at + 1)
      else if (this.#state !== before) this.#keepTo(before, at, at)
    }
    this.#keepTo(this.#state, chunk.length, 0)
    return rows
  }

  /** The frame, parsed. */
  end(): unknown {
    if (this.#shape === undefined) throw this.#refused('the file is empty')
    if (this.#state === 'row' || this.#inString || this.#depth !== 0) throw this.#refused('the file ends too early')
    if (!this.#rowsSeen) throw this.#refused(`has no ${nameOf(this.#shape)}`)
    return this.#shape === 'lines' ? undefined : this.#parsed(this.#frame.take(), 1)
  }

  /** The place behind the string that is open at `at`, or the end of the chunk. Most of a file is strings, so they are not read byte by byte. */
  #stringEnd(at: number): number {
    let from = this.#escaped ? at + 1 : at
    for (;;) {
      const quote = this.#chunk.indexOf(QUOTE, from)
      const end = quote === -1 ? this.#chunk.length : quote
      let backslashes = 0
      while (end - backslashes > from && this.#chunk[end - backslashes - 1] === BACKSLASH) backslashes++
      const escaped = backslashes % 2 === 1
      if (quote === -1) {
        this.#escaped = escaped
        return end
      }
      if (!escaped) {
        this.#escaped = false
        this.#inString = false
        return end + 1
      }
      from = end + 1
    }
  }

  #byte(byte: number, at: number): void {
    if (this.#state === 'start') this.#choose(byte)
    if (this.#state === 'between') this.#betweenByte(byte)
    else this.#bracket(byte, at)
  }

  #choose(byte: number): void {
    this.#shape = this.#shapeOf(String.fromCharCode(byte))
    this.#rowsSeen = this.#shape === 'lines'
    this.#state = this.#shape === 'lines' ? 'between' : 'frame'
    const first = this.#shape === 'array' ? OPEN_ARRAY : OPEN_OBJECT
    if (byte !== first)
      throw this.#refused(`${this.#shape === 'lines' ? 'an account (a JSON object)' : nameOf(this.#shape)} must begin here`)
  }

  #betweenByte(byte: number): void {
    if (byte === OPEN_OBJECT && (this.#expected !== 'comma_or_end' || this.#shape === 'lines')) {
      this.#state = 'row'
      this.#rowLine = this.#line
      this.#depth++
    } else if (byte === COMMA && this.#expected === 'comma_or_end' && this.#shape !== 'lines') this.#expected = 'row'
    else if (byte === CLOSE_ARRAY && this.#expected !== 'row' && this.#shape !== 'lines') {
      this.#state = 'frame'
      this.#depth--
    } else throw this.#refused('an account (a JSON object) must begin here')
  }

  #bracket(byte: number, at: number): void {
    if (byte === QUOTE) this.#inString = true
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (byte === OPEN_ARRAY && this.#state === 'frame' && this.#opensRows(at)) {
        this.#state = 'between'
        this.#rowsSeen = true
      }
      this.#depth++
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (--this.#depth < 0) throw this.#refused('a bracket too many')
      if (this.#state === 'row' && this.#depth === this.#rowsDepth()) this.#state = 'between'
    }
  }

  #rowsDepth(): number {
    return this.#shape === 'lines' ? 0 : this.#shape === 'array' ? 1 : 2
  }

  #opensRows(at: number): boolean {
    if (this.#rowsSeen || this.#shape === undefined || this.#shape === 'lines' || this.#depth !== this.#rowsDepth() - 1) return false
    if (this.#shape === 'array') return true
    const before = `${this.#frame.tail}${this.#chunk.subarray(this.#from, at).subarray(-TAIL).toString('latin1')}`
    return new RegExp(`"${this.#shape.member}"\\s*:\\s*$`).test(before)
  }

  /** Takes the bytes up to `end`, which belong to the row or to the frame. */
  #keepTo(state: State, end: number, next: number): void {
    const bytes = this.#chunk.subarray(this.#from, end)
    this.#from = next
    if (bytes.length === 0) return
    const fits = (state === 'row' ? this.#row : this.#frame).add(bytes)
    if (!fits && state === 'row') throw this.#refused(`an account of more than ${LONGEST_ROW} bytes`, this.#rowLine)
    if (!fits) throw this.#refused(`more than ${LONGEST_FRAME} bytes around the accounts`)
  }

  #rowTo(end: number): JsonRow {
    this.#keepTo('row', end, end)
    this.#expected = 'comma_or_end'
    return { line: this.#rowLine, value: this.#parsed(this.#row.take(), this.#rowLine) }
  }

  #parsed(bytes: Buffer, line: number): unknown {
    try {
      return JSON.parse(UTF_8.decode(bytes))
    } catch (error) {
      throw this.#refused(error instanceof SyntaxError ? 'is not JSON' : 'is not UTF-8', line)
    }
  }

  #refused(problem: string, line = this.#line): ImportFileRefused {
    return new ImportFileRefused(`${this.#path}:${line}`, problem)
  }
}

const nameOf = (shape: Shape): string =>
  shape === 'lines' ? 'account' : shape === 'array' ? 'array of accounts' : `"${shape.member}": an array of accounts`

/** Bytes that come in pieces, up to a bound. */
class Pieces {
  #pieces: Buffer[] = []
  #bytes = 0
  readonly #most: number
  /** The end of what was added. */
  tail = ''

  constructor(most: number) {
    this.#most = most
  }

  /** False: that would be too many. */
  add(piece: Buffer): boolean {
    this.#bytes += piece.length
    if (this.#bytes > this.#most) return false
    this.#pieces.push(piece)
    this.tail = `${this.tail}${piece.subarray(-TAIL).toString('latin1')}`.slice(-TAIL)
    return true
  }

  take(): Buffer {
    const [only, ...more] = this.#pieces
    const all = only && more.length === 0 ? only : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    return all
  }
}
