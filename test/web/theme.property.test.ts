import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BrandLook } from '../../src/group/index.ts'
import { contrast, toHex, toOklch } from '../../src/web/colour.ts'
import { type Palette, palette, SCHEMES, themeCss } from '../../src/web/theme.ts'

const hex = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`)
const look: fc.Arbitrary<BrandLook> = fc.record({
  color: hex,
  radiusPx: fc.integer({ min: 0, max: 40 }),
  font: fc.constantFrom('sans', 'serif', 'rounded', 'mono'),
  mark: fc.constantFrom('dawn', 'peak', 'parcel', 'thread', 'arch'),
})

type Pair = readonly [keyof Palette, keyof Palette]

/** Words on what they stand on. */
const TEXT: readonly Pair[] = [
  ...(['text', 'muted', 'accent'] as const).flatMap((words) => (['surface', 'ground', 'tint'] as const).map((on): Pair => [words, on])),
  ['on-brand', 'brand'],
  ['on-brand', 'brand-strong'],
  ['on-bad', 'bad'],
  ['on-bad', 'bad-strong'],
  ['bad', 'bad-tint'],
  ['bad', 'surface'],
  ['bad', 'ground'],
  ['good', 'good-tint'],
  ['on-sky', 'sky-1'],
  ['on-sky', 'sky-2'],
]

/** What must be seen to know that it is there, on what it stands on. */
const SHAPES: readonly Pair[] = (['edge', 'focus', 'brand', 'bad'] as const).flatMap((shape) =>
  (['surface', 'ground'] as const).map((on): Pair => [shape, on]),
)

test('whatever colour a brand chooses, text has a contrast of 4.5:1 and shapes of 3:1 in both schemes', () => {
  fc.assert(
    fc.property(look, fc.constantFrom(...SCHEMES), (chosen, scheme) => {
      const colours = palette(chosen, scheme)
      for (const [words, on] of TEXT)
        assert.ok(contrast(colours[words], colours[on]) >= 4.5, `${words} on ${on}: ${colours[words]} ${colours[on]}`)
      for (const [shape, on] of SHAPES)
        assert.ok(contrast(colours[shape], colours[on]) >= 3, `${shape} on ${on}: ${colours[shape]} ${colours[on]}`)
    }),
    {
      numRuns: 300,
      examples: [['#ffffff'], ['#000000'], ['#ffff00'], ['#808080'], ['#0000ff']].map(([color]) => [
        { color: color!, radiusPx: 8, font: 'sans', mark: 'peak' },
        'light',
      ]),
    },
  )
})

test('a colour that is legible already stays as it is', () => {
  assert.equal(palette({ color: '#8a1c4a', radiusPx: 8, font: 'sans', mark: 'dawn' }, 'light').brand, '#8a1c4a')
})

test('a colour that is too pale gets darker and keeps its hue', () => {
  const corrected = palette({ color: '#ff9900', radiusPx: 8, font: 'sans', mark: 'dawn' }, 'light').brand

  assert.notEqual(corrected, '#ff9900')
  assert.ok(Math.abs(toOklch(corrected).h - toOklch('#ff9900').h) < 3)
})

test('hex to OKLCH and back is the same colour', () => {
  fc.assert(fc.property(hex, (colour) => assert.equal(toHex(toOklch(colour)), colour)))
})

test('a theme is custom properties and nothing else, for both schemes', () => {
  fc.assert(
    fc.property(look, (chosen) => {
      const [light, dark, ...rest] = [...themeCss(chosen).matchAll(/:root\{((?:--[a-z0-9-]+:[^;{}<]+;)+)\}/g)].map((m) => m[1]!)
      assert.deepEqual(rest, [])
      assert.match(light!, /--radius:\d+px;/)
      assert.match(dark!, /--brand:#[0-9a-f]{6};/)
      assert.match(themeCss(chosen), /@media screen and \(prefers-color-scheme:dark\)/)
    }),
    { numRuns: 20 },
  )
})
