import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type DataKeys, loadDataKeys } from '../vault/index.ts'

/** The key-encryption keys the configuration names; outside production they are made in the data directory at the first start. */
export async function openDataKeys(
  { dataKeys, production }: Config,
  dataDir: string,
  options = { generate: !production },
): Promise<DataKeys> {
  if (dataKeys === undefined) return loadDataKeys({ file: join(dataDir, 'data-keys.json') }, options)
  return loadDataKeys('env' in dataKeys ? { env: dataKeys.env.reveal() } : dataKeys, { generate: false })
}
