import type { Config } from '../config.ts'

/** What a person who started Atrium wants to know first. Production logs one line instead. */
export function readyText(config: Config, sites: readonly { name: string; url: string }[], readyMs: number): string {
  const rows = [
    ...sites.map(({ name, url }) => [SITES[name] ?? name, url]),
    ['Atrium', `${config.issuer}/`],
    ['Your own account', `${config.issuer}/account`],
    ...(config.mail.smtpUrl ? [] : [['Mails that were sent', `${config.issuer}/dev/mailbox`]]),
  ]
  const width = Math.max(...rows.map(([what = '']) => what.length))
  const lines = rows.map(([what = '', url]) => `  ${what.padEnd(width)}  ${url}`)
  const hint = sites.length > 0 ? ['', '  Sign up at Aurora, then open Borealis: it knows you.'] : []
  return ['', `  Atrium is ready (${(readyMs / 1000).toFixed(1)} s). Ctrl-C stops it.`, '', ...lines, ...hint, ''].join('\n')
}

const SITES: Readonly<Record<string, string>> = {
  aurora: 'Aurora, a brand',
  borealis: 'Borealis, its sister',
  parcelly: 'Parcelly, a partner',
}
