/**
 * The time. Feature code is handed a {@link Clock} and never reads `Date` itself.
 *
 * oidc-provider and jose do read `Date`, so one offset moves the clock of the whole process (design.md decision 12).
 * Timers, PostgreSQL and the operating system keep real time.
 */
export type Clock = () => Date

const RealDate = globalThis.Date
let offsetMs = 0

/** The process's clock: real time plus the offset set by {@link setClockOffset}. */
export const processClock: Clock = () => new RealDate(RealDate.now() + offsetMs)

/** How far the process's clock runs ahead of real time, in milliseconds. */
export const clockOffsetMs = (): number => offsetMs

/** Real time whatever the offset is: for measuring durations of the outside world only. */
export const realNowMs = (): number => RealDate.now()

/**
 * Moves the whole process's clock, `Date` included. Only `/dev/clock` and tests do this, never production.
 *
 * @param ms how far ahead of real time the clock runs, in milliseconds
 */
export function setClockOffset(ms: number): void {
  offsetMs = ms
  globalThis.Date = ms === 0 ? RealDate : ShiftedDate
}

/** `Date` for libraries that read it themselves: without arguments it tells the process's time, else it is the real one. */
const ShiftedDate: DateConstructor = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget): Date =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + offsetMs] : args, newTarget === ShiftedDate ? target : newTarget),
  apply: () => new RealDate(RealDate.now() + offsetMs).toString(),
  get: (target, key, receiver) => (key === 'now' ? () => RealDate.now() + offsetMs : Reflect.get(target, key, receiver)),
})

/** A clock that stands still until it is set: for tests of single features. */
export function fixedClock(iso: string): Clock & { set(iso: string): void } {
  let now = new RealDate(iso)
  return Object.assign(() => new RealDate(now), {
    set(next: string) {
      now = new RealDate(next)
    },
  })
}

/** Seconds since 1970, as OAuth counts them. */
export const epochSeconds = (at: Date): number => Math.floor(at.getTime() / 1000)
