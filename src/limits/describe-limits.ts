import {
  API_CALLS,
  CLIENT_FAILURES,
  CODE_FAILURES,
  CODE_MAILS,
  CODE_TEXTS,
  GROUP_FAILURES,
  PASSWORD_FAILURES,
  PASSWORD_FAILURES_FROM,
  PASSWORD_FAILURES_UNDER_ATTACK,
  PROOF_FAILURES,
  UNUSED_CODES,
  type WindowRule,
} from './rules.ts'

/** The table of `docs/security.md`. A test tells when the page was forgotten. */
export function limitsTable(): string {
  const rows = [
    ['wrong passwords in a row: of an account in browsers it is not known in; of each browser it is known in', waitsText()],
    ['wrong passwords from one address (IPv4, IPv6 /64)', rate(PASSWORD_FAILURES_FROM.address)],
    ['wrong passwords from one network (IPv4 /24, IPv6 /48)', rate(PASSWORD_FAILURES_FROM.network)],
    ['wrong passwords in the whole group, after which an attack is logged', rate(GROUP_FAILURES)],
    ['during an attack: wrong passwords from one address', rate(PASSWORD_FAILURES_UNDER_ATTACK.address)],
    ['during an attack: wrong passwords from one network', rate(PASSWORD_FAILURES_UNDER_ATTACK.network)],
    ['mails with a code to one mailbox; more are withheld', rate(CODE_MAILS.mailbox)],
    ['mails with a code asked for from one address', rate(CODE_MAILS.address)],
    ['mails with a code asked for from one network', rate(CODE_MAILS.network)],
    [
      'unused codes to one number, or to one mailbox into its account; more are withheld for an hour, and its owner is told',
      rate(UNUSED_CODES.sent),
    ],
    ['text messages with a code to one number; more are withheld', rate(CODE_TEXTS.number)],
    ['text messages with a code asked for from one address', rate(CODE_TEXTS.address)],
    ['text messages with a code asked for from one network', rate(CODE_TEXTS.network)],
    ['tries of codes for one mailbox or number, until one is right', rate(CODE_FAILURES)],
    ['tries of codes of one account’s app or paper', rate(PROOF_FAILURES.soon)],
    ['the same, until one is right', rate(PROOF_FAILURES.inARow)],
    ['failed authentications of one client from one address', rate(CLIENT_FAILURES.address)],
    ['failed authentications of one client from one network', rate(CLIENT_FAILURES.network)],
    ['requests of one client at Atrium’s own APIs', rate(API_CALLS)],
  ]
  return ['| what | how many |', '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')
}

const rate = ({ most, windowS }: WindowRule): string => `${most.toLocaleString('en')} in ${duration(windowS)}`

function waitsText(): string {
  const waits = PASSWORD_FAILURES.waits.map(({ from, waitS }) => `${from}: ${duration(waitS)}`)
  return `wait after the nth – ${waits.join(', ')}; forgotten ${duration(PASSWORD_FAILURES.keptS)} after the last`
}

function duration(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const // prettier to read than seconds
  const [size, name] = units.find(([size]) => seconds % size === 0) ?? [1, 'second']
  const count = seconds / size
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
