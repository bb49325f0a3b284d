/** What every benchmark is and may use. */

/** One line of the result. Its names are those of the printed document: `snake_case`, units at the end. */
export interface Row {
  readonly case: string
  readonly [figure: string]: Figure
}
export type Figure = string | number | boolean | null | { readonly [figure: string]: Figure }

/** What came out: the document's rows, the same as text for people, and what must not be. */
export interface Outcome {
  readonly rows: readonly Row[]
  readonly text: string
  /** One line for each requirement that does not hold whatever the machine; any makes the exit status 1. */
  readonly broken?: readonly string[]
}

export interface BenchOptions {
  /** Size, in the bench's own unit. */
  readonly rows: number | undefined
  /** Length, in seconds of driving. */
  readonly seconds: number | undefined
  /** Cases to run; all when empty. */
  readonly only: readonly string[]
  /** Where each server writes its CPU profile when it stops. */
  readonly profile: string | undefined
  /** Tells the text of every statement that is counted. */
  readonly statements: boolean
}

export interface BenchContext extends BenchOptions {
  /** Progress and circumstances, on stderr. */
  say(line: string): void
  /** Ends what the bench started, last first, whatever happens. */
  after(end: () => Promise<void>): void
}

export interface Bench {
  /** One line for `--help`. */
  readonly summary: string
  run(context: BenchContext): Promise<Outcome>
}
