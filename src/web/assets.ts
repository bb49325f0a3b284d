import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Pages } from './pages.ts'
import { Refusal } from './refusal.ts'

export interface Assets {
  /** Addresses that change with the content, so that browsers may keep them for a year. */
  readonly urls: { readonly css: string; readonly js: string; readonly webauthn: string; readonly passkeys: string }
  mount(router: Router, pages: Pages): void
}

const FOLDER = new URL('../../views/assets/', import.meta.url)
/** The browser's half of WebAuthn, as its maker bundles it: the package exports only its modules. */
export const WEBAUTHN_BUNDLE = createRequire(import.meta.url)
  .resolve('@simplewebauthn/browser')
  .replace(/script\/index\.js$/, 'dist/bundle/index.umd.min.js')

const A_YEAR = 'public, max-age=31536000, immutable'

/** The style and the script of the pages, read once, and each recipient's colours. */
export function loadAssets(): Assets {
  const css = readFileSync(new URL('atrium.css', FOLDER))
  const js = readFileSync(new URL('atrium.js', FOLDER))
  const webauthn = readFileSync(WEBAUTHN_BUNDLE)
  const passkeys = readFileSync(new URL('passkeys.js', FOLDER))
  const version = (content: Buffer): string => createHash('sha256').update(content).digest('base64url').slice(0, 10)
  return {
    urls: {
      css: `/assets/atrium.css?v=${version(css)}`,
      js: `/assets/atrium.js?v=${version(js)}`,
      webauthn: `/assets/webauthn.js?v=${version(webauthn)}`,
      passkeys: `/assets/passkeys.js?v=${version(passkeys)}`,
    },
    mount(router, pages) {
      router.get('/assets/atrium.css', (ctx) => send(ctx, 'text/css', css))
      router.get('/assets/atrium.js', (ctx) => send(ctx, 'text/javascript', js))
      router.get('/assets/webauthn.js', (ctx) => send(ctx, 'text/javascript', webauthn))
      router.get('/assets/passkeys.js', (ctx) => send(ctx, 'text/javascript', passkeys))
      router.get('/assets/theme/:file', (ctx: Context & { params: Record<string, string> }) => {
        const theme = pages.theme((ctx.params.file ?? '').replace(/\.css$/, ''))
        if (theme === undefined) throw new Refusal('not_found')
        send(ctx, 'text/css', theme)
      })
    },
  }
}

function send(ctx: Context, type: string, body: string | Buffer): void {
  ctx.set('Cache-Control', A_YEAR)
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin')
  ctx.type = type
  ctx.body = body
}
