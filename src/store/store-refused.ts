/** The database cannot be used as asked. The message is one line for the operator, naming what to do; no stack is worth printing. */
export class StoreRefused extends Error {
  constructor(line: string, options?: ErrorOptions) {
    super(line, options)
    this.name = 'StoreRefused'
  }
}
