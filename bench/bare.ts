import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AtriumProcess } from './atrium.ts'
import type { BenchContext } from './bench.ts'
import { startChild } from './child.ts'
import { freePorts } from './free-ports.ts'

const SCRIPT = fileURLToPath(new URL('bare-provider.ts', import.meta.url))

/** The engine without Atrium, as a process of its own. */
export async function startBare(context: BenchContext): Promise<AtriumProcess> {
  const [port = 0] = await freePorts(1)
  const folder = await mkdtemp(join(tmpdir(), 'atrium-bench-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const child = await startChild(context, { args: [SCRIPT, String(port)], env: {}, cwd: folder, port, logFile: join(folder, 'server.log') })
  return { ...child, origin: `http://127.0.0.1:${port}`, issuer: `http://localhost:${port}` }
}
