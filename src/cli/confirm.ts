import { createInterface } from 'node:readline/promises'
import { CommandFailed } from './command-failed.ts'

/** Asks on a terminal, unless `--yes` was given. Elsewhere there is nobody to ask, and a script means what it says. */
export async function confirmOnTerminal(question: string, { yes }: { readonly yes: boolean }): Promise<void> {
  if (yes || !process.stdin.isTTY) return
  const asked = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asked.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed(['nothing was changed'], 1)
  } finally {
    asked.close()
  }
}
