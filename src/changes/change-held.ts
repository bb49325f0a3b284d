import { Refusal } from '../web/refusal.ts'
import type { Hold } from './holds.ts'

/** Thrown by the guard of a change that is on hold. The portal answers it with a page that says why, until when, and how to lift it. */
export class ChangeHeld extends Refusal {
  readonly hold: Hold

  constructor(hold: Hold) {
    super('held')
    this.hold = hold
  }
}
