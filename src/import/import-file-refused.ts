/** The file is not what it was said to be. One line that names the place; nothing of it was imported. */
export class ImportFileRefused extends Error {
  constructor(place: string, problem: string) {
    super(`${place}: ${problem}`)
    this.name = 'ImportFileRefused'
  }
}
