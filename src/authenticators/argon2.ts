import { HashThreads } from './hash-threads.ts'

/** OWASP's parameters for argon2id: 19 MiB, two passes, one lane. Raising one re-hashes each password at its next sign-in. */
export const PARAMETERS = { m: 19_456, t: 2, p: 1 } as const

export type EngineName = '@node-rs/argon2' | 'argon2'

/** One implementation of argon2id. Both write and read the same PHC strings. */
export interface Argon2 {
  readonly name: EngineName
  hash(password: string): Promise<string>
  /** Throws when `phc` is no argon2 string. */
  verify(phc: string, password: string): Promise<boolean>
  /** Ends the threads it has started. */
  close(): Promise<void>
}

async function loadNodeArgon2(): Promise<Argon2> {
  const { argon2id, hash, verify } = (await import('argon2')).default
  const options = { type: argon2id, memoryCost: PARAMETERS.m, timeCost: PARAMETERS.t, parallelism: PARAMETERS.p } as const
  return {
    name: 'argon2',
    // It sorts the parameters by name; the order of the reference implementation is the one every reader takes.
    hash: async (password) => (await hash(password, options)).replace(/\$m=(\d+),p=(\d+),t=(\d+)\$/, '$m=$1,t=$3,p=$2$'),
    verify: (phc, password) => verify(phc, password),
    close: async () => {},
  }
}

async function loadRustArgon2(): Promise<Argon2> {
  await import('@node-rs/argon2') // it loads here, so it loads in a thread
  // Its default algorithm is argon2id; the enumeration that says so exists for the type checker only.
  const options = { memoryCost: PARAMETERS.m, timeCost: PARAMETERS.t, parallelism: PARAMETERS.p }
  const threads = new HashThreads()
  return {
    name: '@node-rs/argon2',
    hash: async (password) => String(await threads.run({ kind: 'hash', password, options })),
    verify: async (phc, password) => (await threads.run({ kind: 'verify', phc, password })) === true,
    close: () => threads.close(),
  }
}

/** Fastest first: `@node-rs/argon2` is optional and does the same hash for 40 % of the CPU. */
export const LOADERS = [loadRustArgon2, loadNodeArgon2] as const

/** The first implementation that loads on this machine. */
export async function loadArgon2([load, ...others]: readonly (() => Promise<Argon2>)[] = LOADERS): Promise<Argon2> {
  if (!load) throw new Error('no implementation of argon2 was named')
  try {
    return await load()
  } catch (cause) {
    if (others.length === 0) throw new Error('no implementation of argon2 could be loaded', { cause })
    return loadArgon2(others)
  }
}

/** Whether a hash was made with less work than today's parameters ask for, or with another algorithm. */
export function isOutdated(phc: string): boolean {
  const [, algorithm, version, parameters = ''] = phc.split('$')
  const found = Object.fromEntries(parameters.split(',').map((parameter) => parameter.split('=', 2) as [string, string]))
  const enough = (['m', 't', 'p'] as const).every((name) => Number(found[name] ?? 0) >= PARAMETERS[name])
  return algorithm !== 'argon2id' || version !== 'v=19' || !enough
}
