import { attributes, type Html, html, raw } from '../../src/web/html.ts'

/** Line drawings on a grid of 24, drawn for Atrium. */
const PATHS = {
  alert: '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.4v.1"/>',
  check: '<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.7 2.7L16 9.5"/>',
  tick: '<path d="m5 12.5 4.5 4.5L19 7"/>',
  eye: '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z"/><circle cx="12" cy="12" r="3"/><path class="strike" d="m4 20 16-16"/>',
  user: '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6"/>',
  mail: '<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.5 6 8.5-6"/>',
  monitor: '<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M9 20h6M12 16v4"/>',
  phone: '<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18.5h2"/>',
  tablet: '<rect x="4.5" y="2.5" width="15" height="19" rx="2.5"/><path d="M11 18.5h2"/>',
  chevron: '<path d="m9 5.5 6.5 6.5L9 18.5"/>',
  key: '<circle cx="8" cy="9" r="4.5"/><path d="m11.5 11.8 8 7.7M16 16l2.5-2.5M19.5 19.5l1.5-1.5"/>',
  shield: '<path d="M12 3 5 5.8v5.4c0 4.4 2.9 7.8 7 9.8 4.1-2 7-5.4 7-9.8V5.8Z"/><path d="m9 11.8 2.2 2.2 3.9-4.2"/>',
  paper: '<path d="M6 3h9l4 4v14H6Z"/><path d="M14.5 3v4.5H19M9 12h7M9 16h7"/>',
  clock: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>',
  leave: '<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9.5"/>',
} as const

export type IconName = keyof typeof PATHS

/** A decorative icon: hidden from assistive technology, so the words beside it must be enough. */
export function icon(name: IconName): Html {
  return html`<svg${attributes({ class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' })}>${raw(PATHS[name])}</svg>`
}
