/** Owns the pages on which customers take everything with them, or have it erased. What happens then is privacy's and accounts'. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { PortalDeps } from '../deps.ts'
import type { Handler } from '../index.ts'
import { askToDelete, deleteAccount, showClosed } from './delete-account.ts'
import { askToExport, downloadExport, startExport } from './export.ts'
import { showPrivacy } from './show-privacy.ts'

const PATH = '/account/privacy'

/** Adds the pages. `signedIn` lets nobody else see them; the one that says goodbye is for whoever has just been signed out. */
export function mountPrivacy(router: Router, deps: PortalDeps, signedIn: (handler: Handler) => (ctx: Context) => Promise<void>): void {
  router.get(PATH, signedIn(showPrivacy))
  router.get(`${PATH}/delete`, signedIn(askToDelete))
  router.post(`${PATH}/delete`, signedIn(deleteAccount))
  router.get(`${PATH}/export`, signedIn(askToExport))
  router.post(`${PATH}/export`, signedIn(startExport))
  router.get(`${PATH}/download`, signedIn(downloadExport))
  router.get('/account/closed', (ctx) => showClosed(deps, ctx))
}
