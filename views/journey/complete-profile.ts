import { type Html, html } from '../../src/web/html.ts'
import { primary, secondary } from '../elements/button.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'
import { problems } from '../elements/problems.ts'
import { attributeField, attributeProblems, type RequestedAttribute } from './details.ts'

export interface CompleteProfileModel extends FormTarget {
  readonly recipientName: string
  /** What is missing, and nothing else. */
  readonly attributes: readonly RequestedAttribute[]
}

/** What a recipient cannot work without and the profile has not got. */
export function completeProfilePage(ctx: PageContext, model: CompleteProfileModel): Html {
  const { t } = ctx
  const words = { recipient: model.recipientName }
  const title = t('complete_profile.title', words)
  const content = html`${model.attributes.map((attribute) => attributeField(ctx, attribute))}
<div class="pair">${primary(t('complete_profile.submit'))}
${secondary(t('complete_profile.deny'), { action: 'deny', name: 'action', value: 'deny' })}</div>`
  return page(ctx, {
    name: 'complete_profile',
    title,
    main: html`<h1>${title}</h1>
${problems(ctx, attributeProblems(ctx, model.attributes))}
<p class="lead">${t('complete_profile.lead', words)}</p>
${form(model, content)}`,
  })
}
