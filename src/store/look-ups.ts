import pg from 'pg'
import { refuseReplica } from './primary-only.ts'

/** A prepared statement that only reads, and takes no lock that another could hold. */
export interface LookUp {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/**
 * The look-ups that every request at the protocol's endpoints makes. They go over few connections, each without waiting for the answer to the one
 * before: that saves server and PostgreSQL a third of what a look-up over the pool costs. Writes do not belong here, because a commit that waits
 * for the disk would hold up whatever was sent after it.
 */
export interface LookUps {
  query<Row extends pg.QueryResultRow>(lookUp: LookUp): Promise<pg.QueryResult<Row>>
  close(): Promise<void>
}

/** Of each process. More than one only for the moment when PostgreSQL is slow: as long as a connection keeps up, what is sent together costs less. */
export const LOOK_UP_CONNECTIONS = 4
const WAITING_AT_ONE = 16

/** Connects with the first query, and anew when a connection broke. */
export function openLookUps(config: pg.ClientConfig, onConnectionLost: (error: Error) => void): LookUps {
  const connections = Array.from({ length: LOOK_UP_CONNECTIONS }, () => new Pipelined(config, onConnectionLost))
  return {
    query(lookUp) {
      const calm = connections.find((connection) => connection.waiting < WAITING_AT_ONE)
      return (calm ?? connections.reduce((a, b) => (b.waiting < a.waiting ? b : a))).query(lookUp)
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.close()))
    },
  }
}

class Pipelined {
  /** Queries whose answer has not come yet. */
  waiting = 0
  readonly #config: pg.ClientConfig
  readonly #onConnectionLost: (error: Error) => void
  #connecting: Promise<pg.Client> | undefined
  #client: pg.Client | undefined
  /** The one that was made last, connected or not. */
  #latest: pg.Client | undefined

  constructor(config: pg.ClientConfig, onConnectionLost: (error: Error) => void) {
    this.#config = config
    this.#onConnectionLost = onConnectionLost
  }

  async query<Row extends pg.QueryResultRow>({ name, text, values }: LookUp): Promise<pg.QueryResult<Row>> {
    this.waiting++
    try {
      this.#connecting ??= this.#connect()
      const client = this.#client ?? (await this.#connecting)
      return await client.query<Row>({ name, text, values })
    } finally {
      this.waiting--
    }
  }

  async close(): Promise<void> {
    const client = await this.#connecting?.catch(() => undefined)
    await client?.end()
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#config, pipeline: true })
    this.#latest = client
    const forget = (): void => {
      if (this.#latest !== client) return // another has taken its place
      this.#client = undefined
      this.#connecting = undefined
    }
    client.on('error', (error) => {
      if (this.#client === client) this.#onConnectionLost(error) // once: what PostgreSQL says before it hangs up is followed by the hanging up
      forget()
    })
    client.on('end', forget)
    try {
      await client.connect()
      await refuseReplica(client)
    } catch (error) {
      forget()
      client.end().catch(() => {}) // it may never have been connected
      throw error
    }
    this.#client = client
    return client
  }
}
