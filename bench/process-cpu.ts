import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const MS_PER_TICK = 1000 / TICKS_PER_S

interface Stat {
  readonly name: string
  readonly parent: number
  /** User and system time of the process itself, in milliseconds. */
  readonly ownMs: number
  /** The same of its children that have ended. */
  readonly reapedMs: number
}

/** `/proc/PID/stat`, proc(5). Undefined when the process is gone. */
function readStat(pid: number): Stat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // the name stands in brackets and may contain anything
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const ms = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) * MS_PER_TICK
  return { name: text.slice(text.indexOf('(') + 1, end), parent: Number(fields[1]), ownMs: ms(11), reapedMs: ms(13) }
}

/** CPU time one process has used, in milliseconds: user and system, without its children. */
export function cpuOf(pid: number): number {
  const stat = readStat(pid)
  if (!stat) throw new Error(`process ${pid} has ended`)
  return stat.ownMs
}

/** CPU time of a process, its children, and those of its children that have ended. A postmaster's children are its backends and workers. */
export function cpuOfFamily(pid: number): number {
  const parent = readStat(pid)
  if (!parent) throw new Error(`process ${pid} has ended`)
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const living = children.map((name) => readStat(Number(name))).filter((stat) => stat?.parent === pid)
  return living.reduce((sum, stat) => sum + (stat?.ownMs ?? 0), parent.ownMs + parent.reapedMs)
}

/** The parent of a process that runs on this machine under that name. */
export function parentOf(pid: number, name: string): number | undefined {
  const stat = readStat(pid)
  return stat?.name === name ? stat.parent : undefined
}

/** Resident memory in MiB. */
export function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}
