import { readFileSync } from 'node:fs'

/** The version of Atrium that runs, from its own `package.json`. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version // our own file
}
