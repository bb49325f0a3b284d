/** Of one run of `npm test`: one PostgreSQL, one template, whatever the number of test files. */
import { share, startTestServer } from './server.ts'

let server: Awaited<ReturnType<typeof startTestServer>> | undefined

export async function globalSetup(): Promise<void> {
  server = await startTestServer()
  share(server)
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
}
