import { z } from 'zod'
import { fromEpoch, type StorageDeps } from './deps.ts'
import type { Payload } from './grants.ts'
import { type Fragment, insert, run } from './statement.ts'
import { bucketOf, keyHash } from './token-text.ts'
import { unitOfWork } from './unit-of-work.ts'

/**
 * The rare kinds: interactions, pushed requests, device codes, CIBA requests, replay records. They live for minutes, are sealed whole with the
 * system key of the month, and carry no place in their id: the day they expire is today or tomorrow.
 */

const LIFE_DAYS = 1
const payloadSchema = z.record(z.string(), z.unknown())

/** An artifact that was read in this request: the day it is kept under, and what it says. */
interface Found {
  readonly bucket: number
  readonly json: string
}

interface ArtifactRow {
  readonly payload_sealed: Buffer
  readonly bucket: number
  readonly consumed_s: number | null
}

const COLUMNS = 'select payload_sealed, bucket, extract(epoch from consumed_at)::int as consumed_s from oidc_artifacts'
const FIND = `${COLUMNS} where kind = $1 and bucket between $2 and $3 and id_hash = $4`
const FIND_BY_USER_CODE = `${COLUMNS} where kind = $1 and bucket between $2 and $3 and user_code_hash = $4`

export function createArtifacts(deps: StorageDeps, kind: string) {
  const today = (): number => bucketOf(deps.clock().getTime() / 1000)
  const keyOf = (id: string): Buffer => keyHash(deps.issuer, kind, id)

  async function read(text: string, hash: Buffer): Promise<Payload | undefined> {
    const [row] = await run<ArtifactRow>(deps.lookUps, text, [kind, today(), today() + LIFE_DAYS, hash])
    if (!row) return undefined
    const json = await deps.vault.openSystem('oidc_artifacts.payload_sealed', row.payload_sealed)
    const payload = payloadSchema.parse(JSON.parse(json))
    unitOfWork().remember(found(String(payload.jti)), { bucket: row.bucket, json } satisfies Found)
    return row.consumed_s === null ? payload : { ...payload, consumed: row.consumed_s }
  }

  const found = (id: string): string => `artifact:${kind}:${id}`

  /** A row that was read is only changed: whoever destroyed it meanwhile meant it. Its day, part of the key, stays. */
  const change =
    (id: string, sealed: Buffer, { bucket }: Found): Fragment =>
    (value) =>
      `update oidc_artifacts set payload_sealed = ${value(sealed, 'bytea')} where kind = ${value(kind, 'text')}
         and bucket = ${value(bucket, 'smallint')} and id_hash = ${value(keyOf(id), 'bytea')}`

  return {
    async find(id: string): Promise<Payload | undefined> {
      // The journey and the engine both ask for the interaction of a request.
      const known = kind === 'Interaction' ? unitOfWork().recall<Found>(found(id)) : undefined
      return known ? payloadSchema.parse(JSON.parse(known.json)) : read(FIND, keyOf(id))
    },
    findByUserCode: (userCode: string) => read(FIND_BY_USER_CODE, keyHash(deps.issuer, `${kind}:user_code`, userCode)),

    async upsert(id: string, payload: Payload): Promise<void> {
      const work = unitOfWork()
      const exp = Number(payload.exp)
      const userCode = payload.userCode
      const json = JSON.stringify(payload)
      const sealed = await deps.vault.sealSystem('oidc_artifacts.payload_sealed', json)
      const before = work.recall<Found>(found(id))
      if (before) {
        work.remember(found(id), { ...before, json } satisfies Found)
        return work.write(`${kind}:${id}`, () => change(id, sealed, before))
      }
      // A replay record is there to exist once: of two requests with one proof the second loses everything it would have issued (OIDC-29).
      const once = kind === 'ReplayDetection'
      const row = (onlyIfSpent: boolean) =>
        insert(
          'oidc_artifacts',
          {
            kind: ['text', kind],
            bucket: ['smallint', bucketOf(exp)],
            id_hash: ['bytea', keyOf(id)],
            payload_sealed: ['bytea', sealed],
            user_code_hash: ['bytea', typeof userCode === 'string' ? keyHash(deps.issuer, `${kind}:user_code`, userCode) : null],
            expires_at: ['timestamptz', fromEpoch(exp)],
          },
          {
            onConflict: `on conflict (kind, bucket, id_hash) ${once ? 'do nothing returning 1' : 'do update set payload_sealed = excluded.payload_sealed'}`,
          },
        )(onlyIfSpent)
      if (once) work.spend('proof', row(false))
      else work.write(`${kind}:${id}`, () => row(false))
    },

    consume(id: string): void {
      unitOfWork().spend(
        kind === 'PushedAuthorizationRequest' ? 'pushed_request' : 'other',
        (value) =>
          `update oidc_artifacts set consumed_at = ${value(deps.clock(), 'timestamptz')} where kind = ${value(kind, 'text')}
         and bucket between ${value(today(), 'smallint')} and ${value(today() + LIFE_DAYS, 'smallint')}
         and id_hash = ${value(keyOf(id), 'bytea')} and consumed_at is null returning 1`,
      )
    },

    destroy(id: string): void {
      const work = unitOfWork()
      const remove: Fragment = (value) =>
        `delete from oidc_artifacts where kind = ${value(kind, 'text')} and bucket between ${value(today(), 'smallint')}
         and ${value(today() + LIFE_DAYS, 'smallint')} and id_hash = ${value(keyOf(id), 'bytea')} returning 1`
      work.drop(`${kind}:${id}`)
      work.remember(found(id), undefined)
      // What a finished journey leads to, it leads to once: of two that resume it one goes on.
      if (kind === 'Interaction') work.spend('interaction', remove)
      else work.write(`${kind}:${id}`, () => remove)
    },
  }
}
