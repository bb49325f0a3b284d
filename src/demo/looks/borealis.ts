import type { UserInfoResponse } from 'openid-client'
import { type Html, html } from '../html.ts'
import { type Look, ONE_ACCOUNT } from '../shop.ts'
import { boot, lantern, pack, tent } from './gear.ts'
import { product } from './product.ts'
import { inWords } from './words.ts'

/** The shop's colours: a clear northern morning by day, polar night in the dark. */
const css = `
:root {
  --paper: light-dark(#f4f7f4, #0a1315); --raised: light-dark(#ffffff, #122023); --soft: light-dark(#e8efea, #0f1b1d);
  --ink: light-dark(#10231f, #e6f2ee); --dim: light-dark(#4c625c, #9fb8b1); --line: light-dark(#d5e0d9, #23373a);
  --accent: light-dark(#0c6350, #63e0b3); --on-accent: light-dark(#ffffff, #03231a); --code: light-dark(#10241f, #060d0e); --code-ink: #d3f5e7;
  --sky: linear-gradient(180deg, light-dark(#bfe1ea, #050c1a), light-dark(#fdeed8, #0f3440) 82%); --hero-ink: light-dark(#0d2a2c, #f0fbf8); --hero-dim: light-dark(#274a4b, #c3dcd8); --hero-accent: light-dark(#a63c06, #8df0c9);
  --display: 'Avenir Next Condensed', 'Roboto Condensed', 'Arial Narrow', 'Liberation Sans Narrow', 'Helvetica Neue', sans-serif;
  --display-weight: 700; --display-spacing: -.01em; --radius: 14px; --button-radius: 10px;
  --land: 15rem; --under: 13rem; --hero-height: clamp(42rem, 50vw, 54rem); --pitch-at: start;
}
h1 { text-transform: uppercase; }
.sun { fill: light-dark(#ffd08a, #e9f4f2); } .glow { stop-color: light-dark(#ffd9a0, #dff5f0); }
.far { fill: light-dark(#a8c9cf, #12303c); } .mid { fill: light-dark(#6fa0a5, #0e2631); } .near { fill: light-dark(#3b7072, #0a1c25); } .ground { fill: light-dark(#1d4f4c, #071318); }
.snow { fill: light-dark(#f3fafa, #2a5560); } .tree { fill: light-dark(#143d3a, #040c10); }
.stars { fill: #fff; opacity: .5; } .night { display: none; }
@media (prefers-color-scheme: dark) { .night { display: block; } .halo { opacity: .35; } }
@media (min-width: 62rem) { .stars { opacity: 1; } :root { --land: clamp(22rem, 30vw, 34rem); --under: 10rem; } }
.plate { --wall: light-dark(#dfeae6, #182b2e); } .product:nth-child(2) .plate { --wall: light-dark(#f1e4d4, #2c261c); }
.product:nth-child(3) .plate { --wall: light-dark(#e3e6ee, #1b2433); } .product:nth-child(4) .plate { --wall: light-dark(#f3ecd2, #2b2a17); }
.wall { fill: var(--wall); }
.kit li { display: flex; justify-content: space-between; gap: 1rem; padding: .6rem 0; border-top: 1px solid var(--line); }
.kit { margin-top: 1rem; } .kit b { text-align: end; }
`

const pine = (x: number, y: number, size: number): string =>
  [0, 1, 2]
    .map((tier) => {
      const [top, half] = [y - size * (1 - tier * 0.28), size * (0.16 + tier * 0.07)]
      return `M${x} ${top.toFixed(0)}l${half.toFixed(0)} ${(size * 0.42).toFixed(0)}h-${(half * 2).toFixed(0)}z`
    })
    .join('')

const pines = (places: readonly (readonly [number, number, number])[]): string => places.map(([x, y, size]) => pine(x, y, size)).join('')

/** A curtain of northern light: soft vertical rays along a wave. */
const curtain = (foot: number, rise: number, light: string): Html => {
  const rays = Array.from({ length: 56 }, (_, i) => {
    const y = foot + Math.sin(i / 6.5) * 46 + Math.sin(i / 2.1) * 10
    return `M${430 + i * 19} ${Math.round(y)}v-${Math.round(rise * (0.7 + 0.3 * Math.sin(i / 3.3 + rise)))}`
  })
  return html`<path d="${rays.join('')}" stroke="url(#${light})" stroke-width="20" filter="url(#soft)"/>`
}

// Scattered by arithmetic, so that every visit sees the same sky.
const stars = Array.from(
  { length: 90 },
  (_, i) =>
    html`<circle cx="${(i * 397) % 1440}" cy="${(i * 151 + ((i * i) % 37)) % 420}" r="${i % 7 === 0 ? 1.8 : 1}" opacity="${(0.35 + (i % 5) * 0.13).toFixed(2)}"/>`,
)

const scene = html`<svg class="night" viewBox="0 0 1440 640" preserveAspectRatio="xMidYMin slice">
  <defs>
    <linearGradient id="green" gradientUnits="userSpaceOnUse" x1="0" y1="400" x2="0" y2="90"><stop offset="0" stop-color="#4dffb8" stop-opacity="0"/><stop offset=".2" stop-color="#4dffb8" stop-opacity=".6"/><stop offset="1" stop-color="#3ca0ff" stop-opacity="0"/></linearGradient>
    <linearGradient id="violet" gradientUnits="userSpaceOnUse" x1="0" y1="300" x2="0" y2="10"><stop offset="0" stop-color="#5affd0" stop-opacity="0"/><stop offset=".25" stop-color="#58e8d8" stop-opacity=".4"/><stop offset="1" stop-color="#b46bff" stop-opacity="0"/></linearGradient>
    <linearGradient id="sides"><stop offset=".3" stop-color="#000"/><stop offset=".6" stop-color="#fff"/></linearGradient><mask id="fade"><rect width="1440" height="640" fill="url(#sides)"/></mask>
    <filter id="soft" x="-10%" y="-30%" width="120%" height="160%"><feGaussianBlur stdDeviation="9 14"/></filter>
  </defs>
  <g class="stars">${stars}</g><g mask="url(#fade)">${curtain(360, 220, 'green')}${curtain(260, 200, 'violet')}</g>
</svg>
<svg class="land" viewBox="0 0 1440 420" preserveAspectRatio="xMidYMax slice">
  <defs><radialGradient id="glow"><stop class="glow" offset="0" stop-opacity=".75"/><stop class="glow" offset="1" stop-opacity="0"/></radialGradient></defs>
  <circle class="halo" cx="690" cy="120" r="210" fill="url(#glow)"/><circle class="sun" cx="690" cy="120" r="40"/>
  <path class="far" d="M0 260l130-46 120 40 150-60 150 64 90-40 160-148 120 110 70-40 150 92 110-70 120 66 70-30v222H0z"/>
  <path class="snow" d="M800 70l-74 68 40-10 26 24 34-32 32 20 30-4-38-35z"/>
  <path class="mid" d="M0 300l150-40 150 50 180-70 140 60 150-90 180 90 170-80 140 90 180-60 100 40v130H0z"/>
  <path class="near" d="M0 340c140-40 260-50 420-16s260 26 420-16 330-50 600 8v104H0z"/>
  <path class="tree" d="${pines([
    [40, 378, 92],
    [92, 384, 70],
    [146, 380, 104],
    [206, 386, 66],
    [1120, 380, 96],
    [1178, 384, 124],
    [1240, 388, 84],
    [1312, 382, 136],
    [1384, 386, 96],
    [560, 384, 50],
    [592, 386, 66],
    [632, 388, 46],
  ])}"/>
  <path class="ground" d="M0 388c240-30 460-30 720-12s500 4 720-8v52H0z"/>
</svg>`

const mark = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8" fill="#0c4a41"/><path d="M3 25L12.500 9l5 8 3-4.500L29 25z" fill="#63e0b3"/><path d="M12.500 9l-3.300 5.600 2.800-.8 1.800 1.700 1.600-1.900z" fill="#fff"/><circle cx="23.500" cy="8.500" r="2.500" fill="#ffb35c"/>
</svg>`

const offer = html`<section class="offer" aria-labelledby="offer">
  <h2 id="offer">Packed for three days out</h2>
  <p>Tested above the tree line, repaired for free. Built by people who sleep in it.</p>
  <ul class="grid">
    ${product(tent, 'Fjell 2 tent', '2 persons, 1.6 kg', '€349')}
    ${product(pack, 'Ridge 38 pack', '38 litres, framed', '€189')}
    ${product(boot, 'Talus boot', 'Resoleable, waxed', '€219')}
    ${product(lantern, 'Ember lantern', '60 hours of light', '€59')}
  </ul></section>`

const kit = (label: string, value: unknown): Html =>
  html`<li><span>${label}</span><b>${value === undefined ? 'not told yet' : inWords(value)}</b></li>`

const personal = ({ shoe_size, clothing_size, fit }: UserInfoResponse): Html => html`
  <aside class="card" aria-labelledby="kit">
    <h2 id="kit">Your kit</h2>
    <p>We pick the right size for you, everywhere in the shop.</p>
    <ul class="kit">${[kit('Boots', shoe_size), kit('Jackets', clothing_size), kit('Fit', fit)]}</ul>
    <p class="fine">Wrong? Change it once in your account, and Aurora has it right as well.</p>
  </aside>`

/** Borealis, the group's outdoor shop. */
export const borealisLook: Look = {
  title: 'Borealis',
  tagline: 'Gear for long weekends',
  css,
  mark,
  scene,
  pitch: {
    kicker: 'Out there',
    headline: 'The weather is part of it',
    lead: 'Tents, packs and boots for people who look at the forecast and go anyway.',
  },
  greeting: (name) => `Good to have you back, ${name}`,
  invitation: { heading: 'Travel light', text: 'Sign in, and your sizes and delivery address are already here.', note: ONE_ACCOUNT },
  offer,
  personal,
  asksFor: [
    ['name', 'Name'],
    ['email', 'Email'],
    ['phone_number', 'Phone'],
    ['address', 'Address'],
    ['clothing_size', 'Clothing size'],
    ['shoe_size', 'Shoe size'],
    ['fit', 'Fit'],
    ['styles', 'Styles'],
    ['favourite_brands', 'Favourite brands'],
  ],
}
