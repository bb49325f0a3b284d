import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchContext } from './bench.ts'
import { type ChildServer, startChild } from './child.ts'
import { freePorts } from './free-ports.ts'
import { groupWithApi } from './group-with-api.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface AtriumProcess extends ChildServer {
  /** Where it listens, and what it is called. */
  readonly origin: string
  readonly issuer: string
}

export interface AtriumOptions {
  /** Unset: the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl?: string
  readonly dataDir?: string
  /** Another process' issuer: two processes of one Atrium. */
  readonly issuer?: string
}

/** Key-encryption keys of one run: all its processes share them. */
const DATA_KEYS = JSON.stringify({ keys: [{ kty: 'oct', kid: 'bench', alg: 'A256GCMKW', k: randomBytes(32).toString('base64url') }] })

/** `atrium start` as an operator starts it, with the demo group and an API of aurora's, at ports nobody else uses. */
export async function startAtrium(context: BenchContext, options: AtriumOptions): Promise<AtriumProcess> {
  const { databaseUrl } = options
  const nodeArgs = context.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${context.profile}`]
  const [port = 0, opsPort = 0] = await freePorts(2)
  const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const group = join(folder, 'group.yaml')
  writeFileSync(group, groupWithApi())
  const issuer = options.issuer ?? `http://localhost:${port}`
  const child = await startChild(context, {
    args: [...nodeArgs, MAIN, 'start'],
    env: {
      ATRIUM_ISSUER: issuer,
      HOST: '127.0.0.1',
      PORT: String(port),
      ATRIUM_OPS_PORT: String(opsPort),
      // so that shoppers can come from many places: limits by address are not what is measured
      TRUST_PROXY: '127.0.0.1',
      ATRIUM_GROUP: group,
      ATRIUM_DATA_DIR: options.dataDir ?? folder,
      ATRIUM_DATA_KEYS: 'env:BENCH_DATA_KEYS',
      BENCH_DATA_KEYS: DATA_KEYS,
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    },
    cwd: folder,
    port,
    logFile: join(folder, 'server.log'),
  })
  return { ...child, origin: `http://127.0.0.1:${port}`, issuer }
}
