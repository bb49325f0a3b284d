import type { Context } from 'koa'
import { type ProfileModel, profilePage } from '../../views/index.ts'
import { EMAIL, isPhoneVerified, PHONE_NUMBER, type Profile } from '../accounts/index.ts'
import type { RecipientKey } from '../store/ids.ts'
import { type Form, readForm } from '../web/form.ts'
import { localised } from '../web/i18n.ts'
import { queryOf } from '../web/pages.ts'
import type { CustomerPage, PortalDeps } from './deps.ts'
import { editable, editableGroups, readProfileForm, shown, type TypedAttribute } from './profile-form.ts'

const PATH = '/account/profile'

/** GET /account/profile: everything the customer may change, with where each value came from. */
export async function showProfile(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const saved = queryOf(ctx.req).get('status') === 'saved'
  const { profile, version } = await deps.accounts.readOwnProfile(deps.db, customer.account_id)
  const model = profileModel(deps, ctx, customer, { profile, version })
  deps.pages.send(ctx, (page) => profilePage(page, { ...model, ...(saved ? { status: 'saved' as const } : {}) }))
}

/** POST: stores what changed, if nothing was changed elsewhere since the page was shown. */
export async function saveProfile(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  const { profile, version } = await deps.accounts.readOwnProfile(deps.db, customer.account_id)
  const typed = readProfileForm(deps.group(), form, profile)
  const refuse = (rest: Pick<ProfileModel, 'error'>, current: number) => {
    const model = profileModel(deps, ctx, customer, { profile, version: current, typed })
    deps.pages.send(ctx, (page) => profilePage(page, { ...model, ...rest }), { status: 422 })
  }
  if (typed.some((t) => 'problem' in t.outcome)) return refuse({}, version)
  const changes = Object.fromEntries(typed.flatMap((t) => ('value' in t.outcome ? changed(t, t.outcome.value, profile) : [])))
  const result = await deps.accounts.changeOwnProfile(deps.db, customer.account_id, changes, versionOf(form))
  if (!result.ok) return refuse({ error: result.reason }, version)
  ctx.redirect(`${PATH}?status=saved`)
  ctx.status = 303
}

const versionOf = (form: Form): number => Number.parseInt(form.text('version', { max: 20 }), 10) || 0

/** Only what differs is written: a value a brand gave keeps its source until the customer changes it. */
function changed({ attribute }: TypedAttribute, value: unknown, profile: Profile): [string, unknown][] {
  const before = profile[attribute.name]?.value ?? null
  return JSON.stringify(before) === JSON.stringify(value) ? [] : [[attribute.name, value]]
}

function profileModel(
  deps: PortalDeps,
  ctx: Context,
  { csrfBinding, signOutHref }: CustomerPage,
  { profile, version, typed = [] }: { profile: Profile; version: number; typed?: readonly TypedAttribute[] },
): ProfileModel {
  const group = deps.group()
  const locale = deps.pages.localeOf(ctx.req)
  return {
    action: PATH,
    csrf: deps.csrf.token(csrfBinding),
    signOutHref,
    version,
    groups: editableGroups(group).map(({ name, label, attributes }) => ({
      name,
      label: localised(label, locale),
      attributes: attributes.map((attribute) => {
        const entry = typed.find((t) => t.attribute.name === attribute.name)
        const source = profile[attribute.name]?.source
        const sourceName = source === undefined || source === 'customer' ? undefined : group.recipients.get(source as RecipientKey)?.name // a stored key
        const error = entry && 'problem' in entry.outcome ? entry.outcome.problem : undefined
        return editable(attribute, locale, entry?.typed ?? shown(attribute, profile), {
          sourceName: attribute.name === EMAIL ? undefined : sourceName,
          isIdentifier: attribute.name === PHONE_NUMBER && isPhoneVerified(profile),
          error,
        })
      }),
    })),
  }
}
