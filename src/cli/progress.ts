import type { Writable } from 'node:stream'

const WIDTH = 30
/** Off a terminal a line is written at most this often, in tenths of the whole. */
const STEPS = 10

/** Shows how far a long piece of work is, on standard error: a bar on a terminal, a line now and then elsewhere. */
export function showProgress(what: string, out: Writable & { readonly isTTY?: boolean } = process.stderr) {
  let step = -1
  let drawn = false
  return {
    at(done: number, total: number): void {
      const part = total === 0 ? 1 : done / total
      const told = `${what} ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
      if (out.isTTY) {
        const full = Math.round(part * WIDTH)
        out.write(`\r${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}  ${told}`)
        drawn = true
      } else if (Math.floor(part * STEPS) > step) {
        step = Math.floor(part * STEPS)
        out.write(`${told}\n`)
      }
    },
    /** Leaves the last state standing. */
    end(): void {
      if (drawn) out.write('\n')
    },
  }
}
