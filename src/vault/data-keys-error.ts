/** What is wrong with the setting `ATRIUM_DATA_KEYS`, in one sentence without any of its content. */
export class DataKeysError extends Error {
  constructor(problem: string) {
    super(`ATRIUM_DATA_KEYS: ${problem}`)
    this.name = 'DataKeysError'
  }
}
