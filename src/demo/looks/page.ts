import type { UserInfoResponse } from 'openid-client'
import { type Html, html } from '../html.ts'
import type { Visitor } from '../relying-party.ts'
import type { Shop } from '../shop.ts'
import { MESSAGES, type MessageKind } from './messages.ts'
import { baseStyle } from './style.ts'
import { inWords } from './words.ts'

/** What a page links to beside itself. */
export interface Surroundings {
  readonly issuer: string
  readonly sites: readonly { readonly name: string; readonly title: string; readonly url: string }[]
}

/** Something that did not work, in the shop's words. `code` is the protocol's error code, for the developer. */
export interface Message {
  readonly kind: MessageKind
  readonly code?: string | undefined
}

interface Moment {
  readonly visitor: Visitor | undefined
  readonly justSignedOut: boolean
}

/** The shop's one page, for a guest or for someone who is signed in. */
export function shopPage(shop: Shop, surroundings: Surroundings, { visitor, justSignedOut }: Moment): Html {
  const { look } = shop
  const headline = visitor ? look.greeting(firstName(visitor.claims)) : look.pitch.headline
  return frame(
    shop,
    surroundings,
    look.title,
    visitor,
    html`
    <section class="hero">
      <div class="scene" aria-hidden="true">${look.scene}</div>
      <div class="pitch">
        <p class="kicker">${look.pitch.kicker}</p>
        <h1>${headline}</h1>
        <p class="lead">${look.pitch.lead}</p>
      </div>
      ${visitor ? look.personal(visitor.claims) : invitation(shop, justSignedOut)}
    </section>
    ${visitor && knowledge(shop, surroundings, visitor)}
    ${look.offer}`,
  )
}

/** A page that says what did not work and offers the way on. */
export function messagePage(shop: Shop, surroundings: Surroundings, { kind, code }: Message): Html {
  const { title, text, retry } = MESSAGES[kind]
  return frame(
    shop,
    surroundings,
    `${title} · ${shop.look.title}`,
    undefined,
    html`
    <section class="hero hero-small">
      <div class="scene" aria-hidden="true">${shop.look.scene}</div>
      <div class="card message" role="alert">
        <h1>${title}</h1>
        <p>${text}</p>
        <p class="actions">
          ${retry && html`<a class="button" data-action="sign-in" href="/sign-in">Try again</a>`}
          <a class="${retry ? 'quiet button' : 'button'}" href="/">Back to ${shop.look.title}</a>
        </p>
        ${code !== undefined && html`<p class="fine">For developers: <code>${code}</code></p>`}
      </div>
    </section>`,
  )
}

/** The style sheet of one shop. */
export const styleSheet = ({ look }: Shop): string => `${baseStyle}\n${look.css}`

const invitation = ({ look }: Shop, justSignedOut: boolean): Html => html`
  <aside class="card account" aria-labelledby="account">
    ${justSignedOut && html`<p class="notice" role="status">You are signed out. See you soon!</p>`}
    <h2 id="account">${look.invitation.heading}</h2>
    <p>${look.invitation.text}</p>
    <p class="actions">
      <a class="button" data-action="sign-in" href="/sign-in">Sign in</a>
      <a class="quiet button" data-action="sign-up" href="/sign-up">Create an account</a>
    </p>
    <p class="fine">${look.invitation.note}</p>
  </aside>`

const knowledge = ({ look }: Shop, { issuer }: Surroundings, { claims, csrf }: Visitor): Html => html`
  <section class="known" aria-labelledby="known">
    <h2 id="known">What ${look.title} knows about you</h2>
    <p>This and nothing else. It comes from your account each time you open this page.</p>
    <div class="two">
      <dl>${look.asksFor.map(([claim, label]) => row(label, claims[claim]))}</dl>
      <figure>
        <figcaption>As the shop’s server received it</figcaption>
        <pre data-claims tabindex="0">${JSON.stringify(claims, null, 2)}</pre>
      </figure>
    </div>
    <div class="actions">
      <a class="button" href="${issuer}/account">Manage my account</a>
      <form method="post" action="/sign-out">
        <input type="hidden" name="csrf" value="${csrf}">
        <button class="quiet button" data-action="sign-out">Sign out everywhere</button>
      </form>
    </div>
  </section>`

const row = (label: string, value: unknown): Html => html`
  <div><dt>${label}</dt>${value === undefined ? html`<dd class="none">not shared</dd>` : html`<dd>${inWords(value)}</dd>`}</div>`

const firstName = ({ given_name, name }: UserInfoResponse): string => given_name ?? name?.split(' ')[0] ?? 'friend'

const frame = (
  { name, look }: Shop,
  { sites }: Surroundings,
  title: string,
  visitor: Visitor | undefined,
  main: Html,
): Html => html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title}</title>
  <link rel="icon" type="image/svg+xml" href="/mark.svg">
  <link rel="stylesheet" href="/look.css">
</head>
<body data-shop="${name}">
  <header class="bar">
    <a class="logo" href="/">${look.mark}<span>${look.title}</span></a>
    <p class="tagline">${look.tagline}</p>
    ${visitor && html`<a class="chip" href="#known"><span aria-hidden="true">${firstName(visitor.claims).slice(0, 1)}</span>${firstName(visitor.claims)}</a>`}
  </header>
  <main>${main}</main>
  <footer>
    <p>Visit also ${sites.filter((site) => site.name !== name).map((site) => html`<a href="${site.url}">${site.title}</a> `)}</p>
    <p class="fine">A demo of Atrium. Nothing here is for sale.</p>
  </footer>
</body>
</html>`
