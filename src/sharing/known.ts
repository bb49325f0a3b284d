import type { AttributeName } from '../store/ids.ts'

/** Stands for being known at all: a recipient learns a subject, and with it that this person is a customer, only after the customer agreed. */
export const KNOWN = 'sub' as AttributeName // no attribute of a group can have this name
