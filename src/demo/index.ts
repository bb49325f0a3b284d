/**
 * The demo sites: three ordinary relying parties of the demo group, written as a brand's developer would write them and meant to be
 * copied from. They know Atrium only by its issuer URL and import nothing from the rest of `src`. No rule of Atrium lives here.
 */
import { aurora } from './aurora.ts'
import { borealis } from './borealis.ts'
import { type Listening, listenOnLoopback } from './loopback.ts'
import { parcelly } from './parcelly.ts'
import type { Shop } from './shop.ts'
import { createSite, type DemoLog } from './site.ts'

export type { DemoLog } from './site.ts'

export interface DemoSites {
  /** Every site's name and home page, in the order to show them. */
  readonly urls: readonly { readonly name: string; readonly url: string }[]
  close(): Promise<void>
}

export interface DemoOptions {
  readonly issuer: string
  readonly log: DemoLog
  /** Other ports than 3001 to 3003; 0 picks a free one. */
  readonly ports?: Readonly<Partial<Record<'aurora' | 'borealis' | 'parcelly', number>>>
}

/**
 * Starts the demo sites on loopback. The issuer may come up later: it is looked for when somebody first signs in, and again until found.
 *
 * Throws when a port is taken, after closing the sites that were open already.
 */
export async function startDemoSites({ issuer, log, ports = {} }: DemoOptions): Promise<DemoSites> {
  const urls: { name: string; title: string; url: string }[] = []
  const open: Listening[] = []
  const close = async (): Promise<void> => void (await Promise.all(open.map((site) => site.close())))
  const start = async (shop: Shop, port: number): Promise<void> => {
    const site = await listenOnLoopback(port, (origin) => createSite(shop, origin, { issuer, sites: urls }, log))
    open.push(site)
    urls.push({ name: shop.name, title: shop.look.title, url: `${site.origin}/` })
  }
  try {
    for (const shop of [aurora, borealis, parcelly]) await start(shop, ports[shop.name] ?? shop.port)
  } catch (error) {
    await close()
    throw error
  }
  return { urls, close }
}
