import type { Group } from '../group/group.ts'
import type { SigningKeyRules } from '../vault/index.ts'
import { ACCESS_TOKEN_S } from './lifetimes.ts'
import { SESSION_ABSOLUTE_S } from './token-ids.ts'

/** Clocks of relying parties may be a minute slow, and a process may sign for some seconds after another one made the successor active. */
const SLACK_S = 120

/** How long the group's signing keys are published, sign and verify. Nothing that is signed lives longer than an access token. */
export const signingKeyRules = ({ keys }: Group): SigningKeyRules => ({
  publish_s: keys.publishS,
  rotate_after_s: keys.rotateAfterS,
  token_life_s: ACCESS_TOKEN_S + SLACK_S,
  hint_life_s: SESSION_ABSOLUTE_S + ACCESS_TOKEN_S + SLACK_S,
})
