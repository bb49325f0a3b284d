import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Gives back the memory that only the start needed. V8 would keep three times the heap that is in use until it is short of memory, which a process at
 * rest never is (PERF-10). Takes some 100 ms, once, before anybody is there to wait.
 */
export function letGoOfStart(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction // what the flag puts into a new context
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
