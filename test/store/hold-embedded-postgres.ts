/** A process for tests to kill: owns an embedded PostgreSQL and prints one JSON line once it does, or the refusal. */
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.ts'

const [dataDir = ''] = process.argv.slice(2)
try {
  const { url, version } = await startEmbeddedPostgres({ dataDir, durable: false })
  process.stdout.write(`${JSON.stringify({ url, version })}\n`)
  setInterval(() => {}, 60_000)
} catch (error) {
  process.stdout.write(`${JSON.stringify({ refused: String(error) })}\n`)
}
