import type { UserInfoResponse } from 'openid-client'
import { type Html, html } from '../html.ts'
import type { Look } from '../shop.ts'
import { inWords } from './words.ts'

/** The carrier's colours: cobalt and signal yellow. */
const css = `
:root {
  --paper: light-dark(#f6f7ff, #0c0e22); --raised: light-dark(#ffffff, #171a38); --soft: light-dark(#e9ecff, #12142c);
  --ink: light-dark(#14163a, #eceeff); --dim: light-dark(#555a85, #a9afdc); --line: light-dark(#d9ddf7, #2a2e58);
  --accent: light-dark(#2a3bd4, #a3b1ff); --on-accent: light-dark(#ffffff, #0b0f45); --code: light-dark(#161a45, #080a1b); --code-ink: #dfe4ff;
  --sky: light-dark(#ffce38, #151a52); --hero-ink: light-dark(#14163a, #f4f5ff); --hero-dim: light-dark(#33315a, #cdd3ff); --hero-accent: light-dark(#2a2f9e, #ffd24a);
  --display: ui-rounded, 'SF Pro Rounded', 'Nunito', 'Segoe UI', system-ui, 'Liberation Sans', sans-serif;
  --display-weight: 800; --display-spacing: -.03em; --logo-spacing: -.03em; --radius: 22px; --button-radius: 99px;
  --h1: 3.9rem; --land: 13rem; --under: 10.75rem; --hero-height: clamp(41rem, 48vw, 52rem); --pitch-at: start;
}
.town-far { fill: light-dark(#ffdf7f, #1d2468); } .town { fill: light-dark(#ffbf1f, #27308a); } .windows { fill: light-dark(#fff3cc, #ffd86b); opacity: .9; }
.road { fill: light-dark(#2b2f6b, #090b20); } .lines { stroke: light-dark(#ffce38, #5a63b8); } .van { fill: light-dark(#2a3bd4, #4a5cff); } .van-shade { fill: light-dark(#1c2aa6, #3242d6); }
.cloud { fill: light-dark(#fff2c4, #232b7c); } .box { fill: #d49a5b; } .box-side { fill: #b57b3f; } .lid { fill: #e3b47c; } .tape { fill: #f6dcb2; }
.steps { display: grid; gap: 0; margin-top: 2rem; counter-reset: step; }
.steps li { position: relative; padding: 0 0 1.6rem 3.4rem; counter-increment: step; }
.steps li::before { content: counter(step); position: absolute; left: 0; top: -.2rem; width: 2.2rem; height: 2.2rem; border-radius: 50%; display: grid; place-items: center; font-weight: 800; background: var(--accent); color: var(--on-accent); z-index: 1; }
.steps li::after { content: ''; position: absolute; left: calc(1.1rem - 2px); top: 1rem; bottom: -.2rem; border-left: 4px dotted var(--accent); opacity: .45; }
.steps li:last-child::after { display: none; } .steps p { color: var(--dim); }
.label { border: 2px dashed var(--line); border-radius: 14px; padding: 1rem 1.2rem; margin-top: 1rem; white-space: pre-line; }
.label b { display: block; } .label span { color: var(--dim); }
@media (min-width: 62rem) { :root { --land: clamp(18rem, 24vw, 27rem); --under: 9rem; } }
@media (min-width: 48rem) {
  .steps { grid-template-columns: repeat(4, 1fr); gap: 1.5rem; } .steps li { padding: 3.2rem 0 0; }
  .steps li::before { top: 0; } .steps li::after { left: 2.6rem; right: -1.2rem; top: calc(1.1rem - 2px); bottom: auto; border: 0; border-top: 4px dotted var(--accent); }
}
`

const box = (x: number, y: number, size: number): Html => html`<g transform="translate(${x} ${y}) scale(${size})">
    <path class="box" d="M0 14h70v62H0z"/><path class="box-side" d="M70 14l20-12v60L70 76z"/><path class="lid" d="M0 14L20 2h70L70 14z"/><path class="tape" d="M28 14h14v24H28zM28 14l20-12h14L42 14z"/></g>`

const scene = html`<svg class="land" viewBox="0 0 1440 340" preserveAspectRatio="xMidYMax slice">
  <path class="cloud" d="M990-150c4-28 42-38 58-14 18-18 54-6 54 20 22 0 28 28 6 32H982c-24-4-18-36 8-38zM620-40c3-22 34-30 46-11 14-14 43-5 43 16 18 0 22 22 5 26H614c-19-3-14-29 6-31z"/>
  <path class="town-far" d="M0 150h110v-36h90v30h120v-28l44-26 44 26v44h90V90h130v-40h100v50h70V10h120v80h80V-10l60-50 60 50v80h90V30h120v60h112v180H0z"/>
  <path class="town" d="M0 200h130v-46h90v30h120v-20l55-40 55 40v40h120v-90h110v50h120V70h130v-30h60v30h60v80h120V90l50-44 50 44v60h170v100H0z"/>
  <path class="windows" d="M46 214h16v22H46zM84 214h16v22H84zM160 172h16v20h-16zM236 204h16v22h-16zM276 204h16v22h-16zM372 176h16v22h-16zM406 176h16v22h-16zM596 134h16v22h-16zM634 134h16v22h-16zM596 176h16v22h-16zM830 92h16v24h-16zM872 92h16v24h-16zM914 92h16v24h-16zM830 138h16v24h-16zM914 138h16v24h-16zM966 138h16v24h-16zM1186 104h16v22h-16zM1218 104h16v22h-16zM1316 172h16v22h-16z"/>
  <rect class="road" y="250" width="1440" height="90"/><path class="lines" d="M0 296h1440" stroke-width="6" stroke-dasharray="46 34"/>
  ${box(466, 184, 1)}${box(478, 138, 0.68)}
  <g transform="translate(574 84)">
    <path class="van" d="M0 26C0 10 10 0 26 0h196v174H0z"/><path class="van-shade" d="M222 40h58c14 0 22 6 28 18l26 52c4 8 6 14 6 24v40H222z"/><path d="M240 58h38c8 0 12 3 16 10l20 42h-74z" fill="#dff0ff"/>
    <path class="van-shade" d="M0 146h340v28H0z"/><rect x="326" y="124" width="16" height="16" rx="4" fill="#fff3b0"/><rect y="120" width="10" height="18" rx="3" fill="#ff6d5a"/>
    <path d="M56 44l46-20 46 20v54l-46 20-46-20z" fill="#ffce38"/><path d="M56 44l46 20 46-20M102 64v54" fill="none" stroke="#1c2aa6" stroke-width="5" stroke-linejoin="round"/>
    <g fill="#14163a"><circle cx="70" cy="176" r="31"/><circle cx="268" cy="176" r="31"/></g><g fill="#cfd5ff"><circle cx="70" cy="176" r="13"/><circle cx="268" cy="176" r="13"/></g>
  </g>
</svg>`

const mark = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" fill="#2a3bd4"/><path d="M7 11l9-4 9 4v11l-9 4-9-4z" fill="#ffce38"/><path d="M7 11l9 4 9-4M16 15v11" fill="none" stroke="#14208c" stroke-width="1.800" stroke-linejoin="round"/><path d="M11.500 9l9 4" stroke="#14208c" stroke-width="1.800"/>
</svg>`

const offer = html`<section class="offer" aria-labelledby="offer">
  <h2 id="offer">From their shelf to your door</h2>
  <p>Parcelly carries for Aurora, Borealis and many others. We ask you for your address, not them.</p>
  <ol class="steps">
    <li><h3>Packed</h3><p>The shop hands over a box with a number. No name, no street.</p></li>
    <li><h3>You allow</h3><p>You say how long we may know where you live.</p></li>
    <li><h3>On the road</h3><p>The driver sees your door, and nothing else about you.</p></li>
    <li><h3>Forgotten</h3><p>When the time is up, so is our knowledge.</p></li>
  </ol></section>`

const personal = ({ name, address, phone_number }: UserInfoResponse): Html => html`
  <aside class="card" aria-labelledby="deliver">
    <h2 id="deliver">Where to, please?</h2>
    <p>The label we would print today:</p>
    <p class="label"><b>${inWords(name ?? 'No name yet')}</b>${address === undefined ? html`<span>We have no address of yours.</span>` : inWords(address)}${
      phone_number !== undefined &&
      html`
${phone_number}`
    }</p>
    <p class="fine">You decide about this in your account, and can take it back there.</p>
  </aside>`

/** Parcelly, the delivery partner: no brand of the group, and it is told the least. */
export const parcellyLook: Look = {
  title: 'Parcelly',
  tagline: 'Parcels, politely delivered',
  css,
  mark,
  scene,
  pitch: {
    kicker: 'Delivery partner',
    headline: 'Your parcel knows the way',
    lead: 'Tell us once where it should go, for as long as you like, and change your mind at any time.',
  },
  greeting: (name) => `Hello ${name}, expecting something?`,
  invitation: {
    heading: 'Expecting a parcel?',
    text: 'Sign in with your Aurora or Borealis account. We see your name; an address only when you allow it.',
    note: 'We are not one of the shops. What you tell them, we do not hear.',
  },
  offer,
  personal,
  asksFor: [
    ['name', 'Name'],
    ['address', 'Address'],
    ['phone_number', 'Phone'],
  ],
}
