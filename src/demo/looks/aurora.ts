import type { UserInfoResponse } from 'openid-client'
import { type Html, html } from '../html.ts'
import { type Look, ONE_ACCOUNT } from '../shop.ts'
import { bag, coat, dress, knit } from './garments.ts'
import { product } from './product.ts'
import { inWords } from './words.ts'

/** The shop's colours: warm paper and plum by day, deep aubergine by night. */
const css = `
:root {
  --paper: light-dark(#fcf8f5, #171019); --raised: light-dark(#ffffff, #221826); --soft: light-dark(#f5ecea, #1d141f);
  --ink: light-dark(#261a27, #f6ecf1); --dim: light-dark(#6c5a68, #bfa9b9); --line: light-dark(#e9dcd9, #3a2b3d);
  --accent: light-dark(#8a2a5b, #f2a9c8); --on-accent: light-dark(#ffffff, #2b0d1d); --code: light-dark(#2a1c2c, #0f0a11); --code-ink: #f3dfe9;
  --sky: linear-gradient(180deg, light-dark(#fdf3ee, #1c1020), light-dark(#fcf8f5, #171019));
  --display: 'Didot', 'Bodoni 72', 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Times New Roman', serif;
  --display-spacing: -.02em; --logo-spacing: .02em; --radius: 4px; --button-radius: 99px; --plate-radius: 50vw 50vw 4px 4px;
  --land: 17rem; --under: 8.5rem;
}
@media (min-width: 62rem) { :root { --land: 100%; --under: 5rem; --hero-height: max(36rem, 40vw); } }
.silk { fill: none; stroke-width: 1.1; }
.silk .a { stop-color: light-dark(#f2a48f, #ff9d87); } .silk .b { stop-color: light-dark(#d0648f, #ef6fa6); }
.silk .c { stop-color: light-dark(#8461b5, #a27bf0); } .silk .d { stop-color: light-dark(#4b9aa5, #4fd0d6); }
.plate { --wall: light-dark(#f3e4df, #2e2032); } .product:nth-child(2) .plate { --wall: light-dark(#e9e1ee, #2a2338); }
.product:nth-child(3) .plate { --wall: light-dark(#e0eaea, #1f2b30); } .product:nth-child(4) .plate { --wall: light-dark(#f4ead6, #322820); }
.wall { fill: var(--wall); }
.tier { font: 400 2.6rem/1.1 var(--display); color: var(--accent); }
.member dl { display: flex; gap: 2rem; margin-top: 1.1rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.member dt { font-size: .85rem; }
`

/** A sheet of silk: threads between two curves, each a little further along than the one before. */
function silk(from: readonly number[], to: readonly number[], threads: number, opacity: number): Html {
  const at = (share: number) => from.map((value, i) => Math.round(value + ((to[i] ?? value) - value) * share))
  const paths = Array.from({ length: threads }, (_, i) => {
    const [y0, y1, y2, y3, y4, y5] = at(i / (threads - 1))
    return `M-40 ${y0}C260 ${y1} 420 ${y2} 720 ${y3}S1180 ${y4} 1480 ${y5}`
  })
  return html`<path d="${paths.join('')}" stroke="url(#silk)" opacity="${opacity}"/>`
}

const scene = html`<svg class="silk land" viewBox="0 0 1440 640" preserveAspectRatio="xMaxYMax slice">
  <defs><linearGradient id="silk" gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="1440" y2="0">
    <stop class="a" offset="0"/><stop class="b" offset=".38"/><stop class="c" offset=".7"/><stop class="d" offset="1"/>
  </linearGradient></defs>
  ${silk([560, 470, 760, 520, 60, 190], [650, 640, 400, 640, 500, 330], 46, 0.55)}
  ${silk([620, 700, 420, 590, 380, 40], [580, 520, 640, 380, 700, 520], 34, 0.36)}
</svg>`

const mark = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true">
  <defs><linearGradient id="aurora-mark" x1="0" y1="1" x2="1" y2="0"><stop offset="0" stop-color="#f2917b"/><stop offset=".55" stop-color="#b0417f"/><stop offset="1" stop-color="#5b55b5"/></linearGradient></defs>
  <circle cx="16" cy="16" r="16" fill="url(#aurora-mark)"/><path d="M7 23C12 21 13 8 16 8s4 13 9 15" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round"/><path d="M10.500 18.500c3.500-1.600 7.500-1.600 11 0" fill="none" stroke="#fff" stroke-width="1.600" stroke-linecap="round"/>
</svg>`

const offer = html`<section class="offer" aria-labelledby="offer">
  <h2 id="offer">The winter edit</h2>
  <p>Four pieces, made to be worn for years. Sizes are kept in your account, so you choose them once.</p>
  <ul class="grid">
    ${product(coat, 'Meridian coat', 'Double-faced wool', '€289')}
    ${product(dress, 'Vesper dress', 'Sandwashed silk', '€149')}
    ${product(knit, 'Halo knit', 'Undyed alpaca', '€119')}
    ${product(bag, 'Crescent bag', 'Vegetable-tanned', '€179')}
  </ul></section>`

const personal = ({ tier, points, member_number }: UserInfoResponse): Html => html`
  <aside class="card member" aria-labelledby="member">
    <h2 id="member">Your Aurora</h2>
    ${tier === undefined ? html`<p>Welcome in. The winter edit is below, and your sizes come along once you have told us.</p>` : html`<p class="tier">${inWords(tier)}</p>`}
    ${
      (points !== undefined || member_number !== undefined) &&
      html`<dl>
      ${points !== undefined && html`<div><dt>Points</dt><dd>${inWords(points)}</dd></div>`}
      ${member_number !== undefined && html`<div><dt>Member</dt><dd>${inWords(member_number)}</dd></div>`}
    </dl>`
    }
    <p class="fine">Borealis knows this account too: one click there, no second password.</p>
  </aside>`

/** Aurora, the group's fashion shop. */
export const auroraLook: Look = {
  title: 'Aurora',
  tagline: 'Clothes that stay',
  css,
  mark,
  scene,
  pitch: {
    kicker: 'New this week',
    headline: 'Soft light, long lines',
    lead: 'Wool, silk and alpaca in the colours of a northern evening. Cut in small runs, mended for life.',
  },
  greeting: (name) => `Lovely to see you, ${name}`,
  invitation: { heading: 'Make it yours', text: 'Sign in for your sizes, your wish list and early access.', note: ONE_ACCOUNT },
  offer,
  personal,
  asksFor: [
    ['name', 'Name'],
    ['email', 'Email'],
    ['phone_number', 'Phone'],
    ['address', 'Address'],
    ['member_number', 'Member number'],
    ['tier', 'Tier'],
    ['points', 'Points'],
    ['clothing_size', 'Clothing size'],
    ['shoe_size', 'Shoe size'],
    ['fit', 'Fit'],
    ['styles', 'Styles'],
    ['favourite_brands', 'Favourite brands'],
  ],
}
