import type { BrandLook } from '../../src/group/index.ts'
import { type Html, html, raw } from '../../src/web/html.ts'

export type Mark = BrandLook['mark']

/** Signs of the brands on a grid of 32, filled with the text's colour. */
const SIGNS: Readonly<Record<Mark, string>> = {
  dawn: '<path d="M3 21a13 13 0 0 1 26 0z"/><path d="M5 25.5h22M10 29.5h12" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/>',
  peak: '<path d="M1.5 28 12 7l4.8 8.5L20 10l10.5 18z"/>',
  parcel:
    '<path d="M15 1.6 3.4 8.1 15 14.7l4.3-2.400L8 5.900l3-1.7 11.2 6.4 6.4-3.500L17 1.600a2 2 0 0 0-2 0zM2 10.600v12.600L14.6 30V17.600zM17.4 17.600V30L30 23.200V10.600l-5 2.800v5l-3 1.700v-5z"/>',
  thread:
    '<path fill-rule="evenodd" d="M16 1a15 15 0 1 0 0 30 15 15 0 0 0 0-30zm-4.5 8.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zm9 0a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zm-9 8.500a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zm9 0a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z"/>',
  arch: '<path d="M3 30V15a13 13 0 0 1 26 0v15h-6V15a7 7 0 0 0-14 0v15z"/><path d="M13 30V15.5a3 3 0 0 1 6 0V30z"/>',
}

/** The sign beside a brand's name. Decorative: the name says it. */
export function mark(name: Mark): Html {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">${raw(SIGNS[name])}</svg>`
}

/** The sign as a `data:` address for the browser's tab, so that it costs no request. */
export function favicon(look: BrandLook): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="${look.color}" color="${look.color}">${SIGNS[look.mark]}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
