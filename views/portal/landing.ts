import { type Html, html } from '../../src/web/html.ts'
import { localised } from '../../src/web/i18n.ts'
import { linkButton } from '../elements/button.ts'
import { mark } from '../elements/mark.ts'
import { type PageBrand, type PageContext, page } from '../elements/page.ts'

export interface LandingModel {
  readonly accountHref: string
  /** The group's shops; those without a home page are not shown. */
  readonly brands?: readonly PageBrand[]
}

/** The issuer's own front page, for who comes here without a shop. */
export function landingPage(ctx: PageContext, model: LandingModel): Html {
  const { t, locale } = ctx
  const title = t('home.title')
  const shops = (model.brands ?? []).filter((brand) => brand.uri !== undefined)
  return page(ctx, {
    name: 'home',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('home.lead', { group: ctx.groupName })}</p>
${linkButton(t('home.account'), model.accountHref, { primary: true })}
${
  shops.length > 0 &&
  html`<h2 class="over">${t('home.shops')}</h2>
<ul class="cards">${shops.map(
    ({ name, uri, look }) =>
      html`<li class="card">${mark(look.mark)}<h3><a href="${uri}">${name}</a></h3>${look.tagline && html`<p>${localised(look.tagline, locale)}</p>`}</li>`,
  )}</ul>`
}`,
  })
}
