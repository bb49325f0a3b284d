import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type DataKeys, type DataKeysSource, loadDataKeys } from '../vault/index.ts'

/** Where the key-encryption keys are. */
export function dataKeysSource({ dataKeys }: Config, dataDir: string): DataKeysSource {
  if (dataKeys === undefined) return { file: join(dataDir, 'data-keys.json') }
  return 'env' in dataKeys ? { env: dataKeys.env.reveal() } : dataKeys
}

/** The key-encryption keys the configuration names; outside production they are made in the data directory at the first start. */
export async function openDataKeys(config: Config, dataDir: string, options = { generate: !config.production }): Promise<DataKeys> {
  return loadDataKeys(dataKeysSource(config, dataDir), config.dataKeys === undefined ? options : { generate: false })
}
