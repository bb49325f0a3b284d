/** Atrium as another process on the database of a test: `node second-process.ts DATABASE_URL ISSUER`. Prints its port and lives until its input ends. */
import { createApp } from '../../src/app.ts'
import { processClock } from '../../src/ports/clock.ts'
import { createLogger } from '../../src/ports/log.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { loadDataKeys } from '../../src/vault/index.ts'
import { TEST_DATA_KEYS } from '../harness/app.ts'

const [, , url, issuer] = process.argv
const app = await createApp(
  {
    issuer: issuer!,
    production: false,
    listen: { hosts: ['127.0.0.1'], port: 0 },
    database: { url: url! },
    dataKeys: await loadDataKeys({ env: TEST_DATA_KEYS }, { generate: false }),
  },
  { clock: processClock, random: systemRandom, log: createLogger('error', { write: () => {} }) },
)
await app.listen()
process.stdout.write(`${app.addresses[0]!.port}\n`)
process.stdin.resume().once('end', () => void app.close())
