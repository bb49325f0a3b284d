/** Colour arithmetic for themes: OKLCH (perceived lightness 0–1, chroma, hue in degrees) and WCAG contrast. Pure. */
export interface Oklch {
  readonly l: number
  readonly c: number
  readonly h: number
}

/** `#rrggbb` as three numbers from 0 to 1; undefined for anything else. */
export function parseHex(hex: string): readonly [number, number, number] | undefined {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex)
  if (!digits) return undefined
  const channel = (index: number): number => Number.parseInt(digits[index] ?? '0', 16) / 255
  return [channel(1), channel(2), channel(3)]
}

/** The colour of a hex code; black for what is not one. */
export function toOklch(hex: string): Oklch {
  const [r, g, b] = (parseHex(hex) ?? [0, 0, 0]).map(linear) as [number, number, number] // three in, three out
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const l = 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short
  const a = 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short
  const bb = 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short
  return { l, c: Math.hypot(a, bb), h: (Math.atan2(bb, a) * 180) / Math.PI }
}

/** The hex code of a colour. One that no screen can show loses chroma until it can; lightness and hue stay. */
export function toHex(colour: Oklch): string {
  const l = Math.min(1, Math.max(0, colour.l))
  let low = 0
  let high = Math.max(0, colour.c)
  if (isShowable(channels({ l, c: high, h: colour.h }))) return print(channels({ l, c: high, h: colour.h }))
  for (let step = 0; step < 14; step++) {
    const middle = (low + high) / 2
    if (isShowable(channels({ l, c: middle, h: colour.h }))) low = middle
    else high = middle
  }
  return print(channels({ l, c: low, h: colour.h }))
}

/** WCAG 2 contrast of two hex codes, 1 to 21. */
export function contrast(first: string, second: string): number {
  const a = luminance(first)
  const b = luminance(second)
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

/**
 * The colour nearest to `wanted` that stands out from every one of `grounds` by at least `ratio`, by moving its lightness `darker` or `lighter`.
 * Black and white are the ends; with grounds that black or white cannot stand out from, the end is returned.
 */
export function standingOut(wanted: Oklch, direction: 'darker' | 'lighter', grounds: readonly string[], ratio: number): string {
  const step = direction === 'darker' ? -0.005 : 0.005
  for (let l = wanted.l; l > 0 && l < 1; l += step) {
    const hex = toHex({ ...wanted, l })
    if (grounds.every((ground) => contrast(hex, ground) >= ratio)) return hex
  }
  return direction === 'darker' ? '#000000' : '#ffffff'
}

function channels({ l, c, h }: Oklch): readonly number[] {
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ].map(encoded)
}

const isShowable = (rgb: readonly number[]): boolean => rgb.every((channel) => channel >= -0.0005 && channel <= 1.0005)

function print(rgb: readonly number[]): string {
  const pair = (channel: number): string =>
    Math.round(Math.min(1, Math.max(0, channel)) * 255)
      .toString(16)
      .padStart(2, '0')
  return `#${rgb.map(pair).join('')}`
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = (parseHex(hex) ?? [0, 0, 0]).map(linear)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** sRGB transfer function (IEC 61966-2-1) and its inverse. */
const linear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
const encoded = (v: number): number => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055)
