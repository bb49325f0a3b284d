import type { Path } from './place.ts'
import type { GroupDocument } from './schema.ts'

/** A group file that was read and found right: what it says, and where it says it. */
export interface GroupFile {
  readonly document: GroupDocument
  /** `group.yaml:41:7 clients[2].client_secret: …`, for what only the database or the environment can find wrong with it. */
  problem(path: Path, message: string): string
}

/** The file is right in itself and can't be applied here: to this database, or in production. Nothing was changed. */
export class GroupFileRefused extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'GroupFileRefused'
    this.problems = problems
  }
}
