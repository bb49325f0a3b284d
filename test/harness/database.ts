import { after } from 'node:test'
import { openStore, type Store } from '../../src/store/db.ts'
import { administer, databaseUrl, freshName, sharedServer, startTestServer, type TestServer } from './server.ts'

/** A migrated, empty database of its own. */
export interface TestDatabase {
  readonly url: string
  readonly store: Store
}

/**
 * Copies the template for one test (`createTestDatabase(t)`) or, from the top level of a file, for all its tests (`createTestDatabase({ after })`).
 * Closed and dropped at the end.
 */
export async function createTestDatabase(t: { after(hook: () => Promise<void>): void }): Promise<TestDatabase> {
  const { url, stop } = await createDatabase()
  const store = openStore({ url })
  t.after(async () => {
    await store.close()
    await stop()
  })
  return { url, store }
}

/** The same without a store, for tests that start Atrium as a process or have the app open its own. */
export async function createTestDatabaseUrl(t: { after(hook: () => Promise<void>): void }): Promise<string> {
  const { url, stop } = await createDatabase()
  t.after(stop)
  return url
}

async function createDatabase(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = await testServer()
  const name = freshName()
  open++
  await administer(server.url, `create database ${name} template ${server.template}`)
  return {
    url: databaseUrl(server.url, name),
    async stop() {
      // not awaited: hooks run in the order they were set, so an app on this database may be closed after this one; PostgreSQL waits five seconds for it
      void administer(server.url, `drop database ${name}`)
        .catch(() => administer(server.url, `drop database ${name} with (force)`))
        .catch(() => {}) // the server is gone, and the database with it
        .then(() => {
          open--
          return stopWhenIdle()
        })
    },
  }
}

/** A file that is run alone starts a server of its own when it first needs one. */
let own: ReturnType<typeof startTestServer> | undefined
let open = 0
let ending = false

async function testServer(): Promise<TestServer> {
  const shared = sharedServer()
  if (shared) return shared
  own ??= startTestServer()
  return own
}

// hooks run in the order they were set: a file's own databases, which still need the server, are dropped after this one
after(async () => {
  ending = true
  await stopWhenIdle()
})

async function stopWhenIdle(): Promise<void> {
  if (!ending || open > 0 || own === undefined) return
  const server = own
  own = undefined
  await (await server).stop()
}
