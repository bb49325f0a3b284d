import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { listSignIns, takeOver } from './store.ts'

const AT_ONCE = 500

/** Makes the sign-ins of one account another's, sealed with that one's key, in the caller's transaction. */
export async function moveTrail(vault: Vault, tx: Db, { from, to }: { readonly from: AccountId; readonly to: AccountId }): Promise<void> {
  const reseal = async (field: 'sign_ins.device_sealed' | 'sign_ins.address_sealed', sealed: Buffer): Promise<Buffer> =>
    vault.seal(tx, to, field, await vault.open(tx, from, field, sealed))
  for (;;) {
    const rows = await listSignIns(tx, from, { limit: AT_ONCE })
    for (const { bucket, id, device_sealed, address_sealed } of rows)
      await takeOver(tx, { from, bucket, id }, to, {
        device_sealed: await reseal('sign_ins.device_sealed', device_sealed),
        address_sealed: address_sealed && (await reseal('sign_ins.address_sealed', address_sealed)),
      })
    if (rows.length < AT_ONCE) return
  }
}
