/**
 * What the shops share: layout, phone first, and elements. A shop's own CSS sets the custom properties: colours as `light-dark()` pairs, fonts, radius.
 */
export const baseStyle = `
:root {
  color-scheme: light dark;
  --sans: system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Code', 'Liberation Mono', monospace;
  --edge: max(clamp(1.25rem, 5vw, 4.5rem), (100vw - 80rem) / 2);
}
*, *::before, *::after { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 var(--text-font, var(--sans)); }
h1, h2, h3, p, ul, ol, dl, dd, figure, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1, h2, h3 { font-family: var(--display); font-weight: var(--display-weight, 400); line-height: 1.12; letter-spacing: var(--display-spacing, normal); text-wrap: balance; }
h1 { font-size: clamp(2.4rem, 1.5rem + 4vw, var(--h1, 4.6rem)); }
h2 { font-size: clamp(1.6rem, 1.3rem + 1.3vw, 2.35rem); }
h3 { font-size: 1.1rem; }
a { color: inherit; text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 4px; }
svg { display: block; }

.bar { display: flex; align-items: center; gap: 1rem; padding: .7rem var(--edge); min-height: 4.25rem; border-bottom: 1px solid var(--line); }
.logo { display: inline-flex; align-items: center; gap: .65rem; min-height: 44px; text-decoration: none; font: var(--display-weight, 400) 1.5rem/1 var(--display); letter-spacing: var(--logo-spacing, normal); }
.logo svg { width: 2rem; height: 2rem; flex: none; }
.tagline { display: none; color: var(--dim); font-size: .9rem; }
.chip { margin-inline-start: auto; display: inline-flex; align-items: center; gap: .55rem; min-height: 44px; padding: .3rem .95rem .3rem .4rem; border: 1px solid var(--line); border-radius: 99px; text-decoration: none; font-weight: 600; font-size: .95rem; background: var(--raised); }
.chip span { display: grid; place-items: center; width: 2rem; height: 2rem; border-radius: 50%; background: var(--accent); color: var(--on-accent); }

.hero { position: relative; isolation: isolate; display: grid; gap: 2rem; padding: clamp(2.25rem, 6vw, 5rem) var(--edge) var(--under, 2.75rem); overflow: hidden; background: var(--sky); }
.scene { position: absolute; inset: 0; z-index: -1; }
.scene svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.scene .land { top: auto; height: var(--land); overflow: visible; }
.pitch { max-width: 36rem; color: var(--hero-ink, var(--ink)); }
.kicker { font-size: .8rem; font-weight: 600; letter-spacing: .14em; text-transform: uppercase; color: var(--hero-accent, var(--accent)); margin-bottom: .9rem; }
.lead { margin-top: 1rem; font-size: 1.1rem; max-width: 30rem; color: var(--hero-dim, var(--dim)); text-wrap: pretty; }

.card { background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius); padding: clamp(1.35rem, 4vw, 2rem); box-shadow: 0 1px 2px rgb(0 0 0 / .06), 0 18px 50px -18px rgb(0 0 0 / .28); width: 100%; max-width: 27rem; align-self: end; }
.card h2 { font-size: 1.6rem; margin-bottom: .55rem; }
.card p + p { margin-top: .5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .7rem; margin-top: 1.25rem !important; align-items: center; }
.button { display: inline-flex; align-items: center; justify-content: center; min-height: 48px; padding: .6rem 1.4rem; border-radius: var(--button-radius, var(--radius)); border: 1.5px solid var(--accent); background: var(--accent); color: var(--on-accent); font: 600 1rem/1.2 var(--sans); text-decoration: none; cursor: pointer; transition: filter .15s, background-color .15s; }
.button:hover { filter: brightness(1.1); }
.quiet.button { background: transparent; color: var(--accent); }
.quiet.button:hover { background: color-mix(in srgb, var(--accent) 10%, transparent); filter: none; }
.account .button { flex: 1 1 100%; }
.notice { background: color-mix(in srgb, var(--accent) 12%, transparent); border-radius: calc(var(--radius) / 2); padding: .6rem .9rem; margin-bottom: 1rem; font-weight: 600; }
.fine { font-size: .875rem; color: var(--dim); margin-top: 1rem !important; }
.hero-small { min-height: min(70vh, 40rem); align-items: center; }
.message { max-width: 34rem; align-self: center; }
.message h1 { font-size: clamp(1.8rem, 1.4rem + 2vw, 2.6rem); margin-bottom: .8rem; }

.offer, .known { padding: clamp(2.75rem, 7vw, 5.5rem) var(--edge); }
.offer h2 + p, .known h2 + p { margin-top: .6rem; color: var(--dim); max-width: 38rem; }
.known { background: var(--soft); border-block: 1px solid var(--line); }
.two { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; margin-top: 1.75rem; }
.two dl { background: var(--raised); border: 1px solid var(--line); border-radius: var(--radius); padding: .4rem 1.35rem; align-self: start; }
.two dl > div { display: grid; grid-template-columns: 5.6rem 1fr; gap: .75rem; padding: .7rem 0; }
.two dl > div + div { border-top: 1px solid var(--line); }
dt { color: var(--dim); }
dd { font-weight: 600; overflow-wrap: anywhere; white-space: pre-line; }
dd.none { font-weight: 400; font-style: italic; color: var(--dim); }
figcaption { color: var(--dim); font-size: .875rem; margin-bottom: .5rem; }
pre { font: .85rem/1.65 var(--mono); background: var(--code); color: var(--code-ink); border-radius: var(--radius); padding: 1.2rem 1.35rem; overflow-x: auto; }
code { font-family: var(--mono); }

.grid { display: grid; grid-template-columns: repeat(2, 1fr); gap: 1.75rem 1rem; margin-top: 2rem; }
.product h3 { margin-top: .9rem; font-family: var(--sans); font-weight: 600; font-size: 1rem; }
.product p { color: var(--dim); font-size: .95rem; line-height: 1.45; }
.product .price { color: var(--ink); margin-top: .2rem; }
.plate { border-radius: var(--plate-radius, var(--radius)); overflow: hidden; background: var(--soft); }
.plate svg { width: 100%; height: auto; transition: transform .5s cubic-bezier(.2, .7, .2, 1); }
.product:hover .plate svg { transform: scale(1.035); }

footer { border-top: 1px solid var(--line); padding: 2rem var(--edge) 2.5rem; display: flex; flex-wrap: wrap; gap: .25rem 2rem; justify-content: space-between; align-items: baseline; }
footer a { display: inline-block; padding: .55rem .4rem; font-weight: 600; }
footer .fine { margin-top: 0 !important; }

@media (min-width: 48rem) {
  .tagline { display: block; }
  .grid { grid-template-columns: repeat(4, 1fr); gap: 1.5rem; }
  .two dl > div { grid-template-columns: 9rem 1fr; }
}
@media (min-width: 62rem) {
  .hero { grid-template-columns: minmax(0, 1fr) 25rem; align-items: var(--pitch-at, center); min-height: var(--hero-height, 36rem); }
  .card { align-self: center; justify-self: end; }
  .hero-small { grid-template-columns: 1fr; }
  .message { justify-self: start; }
  .two { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2rem; }
}
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { transition: none !important; animation: none !important; scroll-behavior: auto !important; } }
@media (forced-colors: active) { .button, .chip { border-color: ButtonText; } }
`
