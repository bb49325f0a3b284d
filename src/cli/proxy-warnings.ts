import type { Config } from '../config.ts'

/** Shorter prefixes hold half a continent, not somebody's proxies. */
const SHORTEST = { v4: 8, v6: 16 } as const

/** What looks wrong about the proxies in front. Atrium itself speaks http: where the issuer is https, somebody else ends TLS. */
export function proxyWarnings({ issuer, trustProxy }: Pick<Config, 'issuer' | 'trustProxy'>): readonly string[] {
  const wide = trustProxy.filter((range) => Number(range.split('/')[1] ?? 128) < (range.includes(':') ? SHORTEST.v6 : SHORTEST.v4))
  const behindNobody = issuer.startsWith('https:') && trustProxy.length === 0
  return [
    ...(behindNobody
      ? [
          'the issuer is https and TRUST_PROXY is unset: whatever ends TLS in front is taken for the one client there is, and X-Forwarded-For is not read',
        ]
      : []),
    ...wide.map((range) => `TRUST_PROXY believes all of ${range}: anybody there can write any client address into X-Forwarded-For`),
  ]
}
