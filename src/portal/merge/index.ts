/** Owns the pages on which a customer makes two accounts one, and two again. What comes of it is decided by merging. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { Handler } from '../index.ts'
import { merge } from './merge.ts'
import { showPreview } from './preview.ts'
import { PREVIEW_PATH } from './second-sign-in.ts'
import { askToUndo, showMerge, startMerge, undoMerge } from './show-merge.ts'

export { createSecondSignIns, SECOND_SIGN_IN_PATH, type SecondSignIns } from './second-sign-in.ts'

const PATH = '/account/merge'

/** Adds the pages. `signedIn` lets nobody else see them. */
export function mountMerge(router: Router, signedIn: (handler: Handler) => (ctx: Context) => Promise<void>): void {
  router.get(PATH, signedIn(showMerge))
  router.post(PATH, signedIn(startMerge))
  router.get(PREVIEW_PATH, signedIn(showPreview))
  router.post(PREVIEW_PATH, signedIn(merge))
  router.get(`${PATH}/undo`, signedIn(askToUndo))
  router.post(`${PATH}/undo`, signedIn(undoMerge))
}
