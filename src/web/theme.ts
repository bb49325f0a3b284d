import type { BrandLook } from '../group/index.ts'
import { contrast, type Oklch, parseHex, standingOut, toHex, toOklch } from './colour.ts'
import { MOODS, type Mood } from './moods.ts'

export const SCHEMES = ['light', 'dark'] as const
export type Scheme = (typeof SCHEMES)[number]

/** The colours of one scheme as hex codes. Text pairs reach 4.5:1, edges and focus 3:1 (WCAG 1.4.3, 1.4.11); a property test holds it for any brand colour. */
export interface Palette {
  readonly ground: string
  readonly surface: string
  readonly text: string
  readonly muted: string
  /** Hairlines that carry no meaning. */
  readonly line: string
  /** Borders of fields and buttons. */
  readonly edge: string
  readonly brand: string
  readonly 'brand-strong': string
  readonly 'on-brand': string
  /** Links and the like. */
  readonly accent: string
  readonly tint: string
  readonly focus: string
  readonly bad: string
  readonly 'bad-strong': string
  readonly 'on-bad': string
  readonly 'bad-tint': string
  readonly good: string
  readonly 'good-tint': string
  readonly 'sky-1': string
  readonly 'sky-2': string
  readonly 'on-sky': string
  readonly 'art-1': string
  readonly 'art-2': string
  readonly 'art-3': string
  readonly 'art-4': string
  readonly 'art-5': string
  readonly 'art-6': string
}

const TEXT = 4.5
/** Chosen above the limit so that long text reads well. */
const BODY_TEXT = 7
const EDGE = 3

/** Custom properties of a brand: colours for both schemes, corner radius, fonts. Nothing else of a page changes with the brand. */
export function themeCss(look: BrandLook): string {
  const shape = { radius: `${look.radiusPx}px`, 'radius-s': `${Math.min(look.radiusPx, 8)}px`, ...FONTS[look.font] }
  return `:root{${declarations(shape)}${declarations(palette(look, 'light'))}}
@media screen and (prefers-color-scheme:dark){:root{${declarations(palette(look, 'dark'))}}}
`
}

/** The colours of a brand in one scheme, computed from its one colour. */
export function palette(look: BrandLook, scheme: Scheme): Palette {
  const known = palettes.get(look) ?? { light: compute(look, 'light'), dark: compute(look, 'dark') }
  palettes.set(look, known)
  return known[scheme]
}

/** A memory of a pure function: the search for colours takes milliseconds, and a look lives as long as its version of the group. */
const palettes = new WeakMap<BrandLook, Readonly<Record<Scheme, Palette>>>()

function compute(look: BrandLook, scheme: Scheme): Palette {
  const own = toOklch(parseHex(look.color) ? look.color : FALLBACK)
  const mood = MOODS[look.mark][scheme]
  const greyHue = own.h + mood.greys
  const plain = scheme === 'light' ? lightPalette(own, greyHue) : darkPalette(own, greyHue)
  return { ...plain, ...scenery(own, mood) }
}

const FALLBACK = '#4a4a68'

type Plain = Omit<Palette, 'sky-1' | 'sky-2' | 'on-sky' | 'art-1' | 'art-2' | 'art-3' | 'art-4' | 'art-5' | 'art-6'>

function lightPalette(own: Oklch, greyHue: number): Plain {
  const grey = (l: number, c: number): Oklch => ({ l, c: Math.min(c, own.c / 4), h: greyHue })
  const surface = '#ffffff'
  const ground = toHex(grey(0.972, 0.012))
  const tint = toHex(grey(0.95, 0.03))
  const grounds = [surface, ground, tint]
  const brand = standingOut(own, 'darker', grounds, TEXT)
  const bad = standingOut({ l: 0.55, c: 0.19, h: 27 }, 'darker', ['#ffffff', ground, '#fdeeee'], TEXT)
  return {
    ...{ ground, surface, tint, brand, bad },
    text: standingOut(grey(0.24, 0.03), 'darker', grounds, BODY_TEXT),
    muted: standingOut(grey(0.48, 0.03), 'darker', grounds, TEXT),
    line: toHex(grey(0.9, 0.015)),
    edge: standingOut(grey(0.64, 0.03), 'darker', grounds, EDGE),
    'brand-strong': toHex({ ...toOklch(brand), l: toOklch(brand).l - 0.07 }),
    'on-brand': '#ffffff',
    accent: brand,
    focus: brand,
    'bad-strong': toHex({ ...toOklch(bad), l: toOklch(bad).l - 0.07 }),
    'on-bad': '#ffffff',
    'bad-tint': '#fdeeee',
    good: standingOut({ l: 0.5, c: 0.12, h: 150 }, 'darker', [surface, ground, '#e9f7ee'], TEXT),
    'good-tint': '#e9f7ee',
  }
}

function darkPalette(own: Oklch, greyHue: number): Plain {
  const grey = (l: number, c: number): Oklch => ({ l, c: Math.min(c, own.c / 4), h: greyHue })
  const ground = toHex(grey(0.17, 0.015))
  const surface = toHex(grey(0.215, 0.018))
  const tint = toHex(grey(0.28, 0.035))
  const grounds = [surface, ground, tint]
  const brand = standingOut({ ...own, l: Math.max(own.l, 0.7), c: Math.min(own.c, 0.16) }, 'lighter', grounds, TEXT)
  const bad = standingOut({ l: 0.72, c: 0.15, h: 22 }, 'lighter', [...grounds, '#3c1d1f'], TEXT)
  const ink = toHex(grey(0.16, 0.03))
  return {
    ...{ ground, surface, tint, brand, bad },
    text: toHex(grey(0.95, 0.012)),
    muted: standingOut(grey(0.74, 0.025), 'lighter', grounds, TEXT),
    line: toHex(grey(0.32, 0.02)),
    edge: standingOut(grey(0.55, 0.03), 'lighter', grounds, EDGE),
    'brand-strong': toHex({ ...toOklch(brand), l: toOklch(brand).l + 0.06 }),
    'on-brand': contrast(ink, brand) >= TEXT ? ink : '#000000',
    accent: brand,
    focus: brand,
    'bad-strong': toHex({ ...toOklch(bad), l: toOklch(bad).l + 0.06 }),
    'on-bad': '#1d0a0b',
    'bad-tint': '#3c1d1f',
    good: standingOut({ l: 0.78, c: 0.13, h: 152 }, 'lighter', [...grounds, '#16301f'], TEXT),
    'good-tint': '#16301f',
  }
}

/** The colours of the picture: the mark's mood turned to the brand's hue. Words on the sky are moved until they can be read on all of it. */
function scenery(
  own: Oklch,
  mood: Mood,
): Pick<Palette, 'sky-1' | 'sky-2' | 'on-sky' | 'art-1' | 'art-2' | 'art-3' | 'art-4' | 'art-5' | 'art-6'> {
  const vivid = Math.min(1, own.c / 0.12)
  const tone = ([l, c, turn]: Mood['art'][number]): string => toHex({ l, c: c * vivid, h: own.h + turn })
  const sky = [tone(mood.sky[0]), tone(mood.sky[1])] as const
  const ink: Oklch = mood.words === 'dark' ? { l: 0.3, c: 0.06 * vivid, h: own.h } : { l: 0.97, c: 0.015 * vivid, h: own.h }
  const [a, b, c, d, e, f] = mood.art
  return {
    'sky-1': sky[0],
    'sky-2': sky[1],
    'on-sky': standingOut(ink, mood.words === 'dark' ? 'darker' : 'lighter', sky, TEXT),
    ...{ 'art-1': tone(a), 'art-2': tone(b), 'art-3': tone(c), 'art-4': tone(d), 'art-5': tone(e), 'art-6': tone(f) },
  }
}

const SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans','Liberation Sans',Arial,system-ui,sans-serif"
const SERIF = "'Iowan Old Style','Palatino Linotype',Palatino,'Hoefler Text','URW Palladio L',Georgia,'Noto Serif','Liberation Serif',serif"
const ROUNDED = `ui-rounded,'SF Pro Rounded',Quicksand,Nunito,'Arial Rounded MT Bold',${SANS}`
const MONO = "ui-monospace,'SF Mono','Cascadia Code',Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace"

/** Fonts every system has; none is downloaded. */
const FONTS: Readonly<Record<BrandLook['font'], Readonly<Record<string, string>>>> = {
  sans: { font: SANS, 'font-head': SANS, 'weight-head': '750', 'track-head': '-.022em' },
  serif: { font: SANS, 'font-head': SERIF, 'weight-head': '400', 'track-head': '-.012em' },
  rounded: { font: ROUNDED, 'font-head': ROUNDED, 'weight-head': '800', 'track-head': '-.01em' },
  mono: { font: SANS, 'font-head': MONO, 'weight-head': '600', 'track-head': '-.04em' },
}

function declarations(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `--${name}:${value};`)
    .join('')
}
