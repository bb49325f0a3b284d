import type { BrandLook } from '../group/index.ts'

/** Lightness, chroma and how far the hue turns away from the brand's, in degrees. */
type Tone = readonly [l: number, c: number, turn: number]

/** The light a brand's picture stands in. */
export interface Mood {
  readonly sky: readonly [Tone, Tone]
  /** How far the hue of greys turns away from the brand's: a dark red would be brown. */
  readonly greys: number
  /** Whether words on the sky are dark or light. */
  readonly words: 'dark' | 'light'
  /** From the farthest part of the picture to the nearest; the last is its light (sun, moon, thread). */
  readonly art: readonly [Tone, Tone, Tone, Tone, Tone, Tone]
}

/** One mood for each mark and scheme, chosen by eye. */
export const MOODS: Readonly<Record<BrandLook['mark'], Readonly<Record<'light' | 'dark', Mood>>>> = {
  dawn: {
    light: {
      sky: [
        [0.965, 0.02, -25],
        [0.9, 0.075, 45],
      ],
      words: 'dark',
      greys: -15,
      art: [
        [0.88, 0.08, 20],
        [0.8, 0.12, 12],
        [0.7, 0.16, 6],
        [0.56, 0.18, 0],
        [0.4, 0.13, -14],
        [0.72, 0.17, 36],
      ],
    },
    dark: {
      sky: [
        [0.17, 0.04, -60],
        [0.34, 0.1, -20],
      ],
      words: 'light',
      greys: -50,
      art: [
        [0.4, 0.11, -14],
        [0.45, 0.13, -4],
        [0.4, 0.13, 0],
        [0.31, 0.1, -6],
        [0.2, 0.06, -20],
        [0.86, 0.1, 60],
      ],
    },
  },
  peak: {
    light: {
      sky: [
        [0.86, 0.06, 40],
        [0.955, 0.04, -70],
      ],
      words: 'dark',
      greys: 0,
      art: [
        [0.83, 0.045, 30],
        [0.7, 0.065, 22],
        [0.56, 0.08, 12],
        [0.42, 0.075, 4],
        [0.29, 0.055, 0],
        [0.99, 0.02, -80],
      ],
    },
    dark: {
      sky: [
        [0.15, 0.035, 70],
        [0.3, 0.06, 30],
      ],
      words: 'light',
      greys: 0,
      art: [
        [0.36, 0.06, 30],
        [0.3, 0.055, 24],
        [0.25, 0.05, 18],
        [0.2, 0.04, 12],
        [0.15, 0.03, 8],
        [0.84, 0.15, -10],
      ],
    },
  },
  parcel: {
    light: {
      sky: [
        [0.94, 0.045, 0],
        [0.87, 0.08, 0],
      ],
      words: 'dark',
      greys: 0,
      art: [
        [0.82, 0.09, 0],
        [0.76, 0.11, 0],
        [0.66, 0.13, 0],
        [0.52, 0.13, 0],
        [0.36, 0.09, 0],
        [0.98, 0.02, 0],
      ],
    },
    dark: {
      sky: [
        [0.19, 0.03, 0],
        [0.28, 0.06, 0],
      ],
      words: 'light',
      greys: 0,
      art: [
        [0.34, 0.07, 0],
        [0.44, 0.09, 0],
        [0.55, 0.11, 0],
        [0.4, 0.1, 0],
        [0.26, 0.06, 0],
        [0.9, 0.06, 0],
      ],
    },
  },
  thread: {
    light: {
      sky: [
        [0.96, 0.02, 0],
        [0.91, 0.05, -30],
      ],
      words: 'dark',
      greys: 0,
      art: [
        [0.86, 0.07, -40],
        [0.78, 0.11, -20],
        [0.68, 0.15, 0],
        [0.55, 0.16, 10],
        [0.4, 0.12, 0],
        [0.74, 0.15, 80],
      ],
    },
    dark: {
      sky: [
        [0.18, 0.03, 0],
        [0.27, 0.07, -30],
      ],
      words: 'light',
      greys: 0,
      art: [
        [0.36, 0.09, -40],
        [0.46, 0.12, -20],
        [0.56, 0.14, 0],
        [0.66, 0.15, 10],
        [0.3, 0.08, 0],
        [0.82, 0.13, 80],
      ],
    },
  },
  arch: {
    light: {
      sky: [
        [0.95, 0.02, 0],
        [0.89, 0.045, 30],
      ],
      words: 'dark',
      greys: 0,
      art: [
        [0.94, 0.05, -175],
        [0.84, 0.055, 20],
        [0.74, 0.08, 8],
        [0.6, 0.1, 0],
        [0.42, 0.09, -6],
        [0.985, 0.035, -175],
      ],
    },
    dark: {
      sky: [
        [0.17, 0.03, 0],
        [0.25, 0.05, 15],
      ],
      words: 'light',
      greys: 0,
      art: [
        [0.7, 0.1, -185],
        [0.46, 0.09, 30],
        [0.37, 0.08, 10],
        [0.29, 0.07, 0],
        [0.22, 0.05, -6],
        [0.92, 0.1, -175],
      ],
    },
  },
}
