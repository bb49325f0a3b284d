/** Preloaded into a server's process (`node --import`): its parent sets the wall clock, as an operator or a bad time server does. It ends with it. */
const RealDate = globalThis.Date
let offsetMs = 0
process.on('message', (message: { readonly wallOffsetMs: number }) => {
  offsetMs = message.wallOffsetMs
  process.send?.('set')
})
process.channel?.unref()
process.once('disconnect', () => process.exit()) // its parent was killed

globalThis.Date = class extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(RealDate.now() + offsetMs)
    else super(...(given as [number])) // whatever `Date` takes
  }
  static override now(): number {
    return RealDate.now() + offsetMs
  }
} as DateConstructor
