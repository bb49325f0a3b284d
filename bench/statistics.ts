/** The value below which that part of the values lies; between two neighbours it is interpolated. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [low = Number.NaN, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Rounds to that many decimals, so that a document does not pretend to a precision nobody measured. */
export const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals))

export interface KolmogorovSmirnov {
  /** The largest distance between the two distributions. */
  readonly distance: number
  /** How likely a distance as large is when both samples come from one distribution. */
  readonly p: number
}

/** The two-sample Kolmogorov–Smirnov test, with the asymptotic distribution and Stephens' correction for its size. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): KolmogorovSmirnov {
  const [left, right] = [a.toSorted((x, y) => x - y), b.toSorted((x, y) => x - y)]
  let [i, j, distance] = [0, 0, 0]
  while (i < left.length && j < right.length) {
    const at = Math.min(left[i] ?? Infinity, right[j] ?? Infinity)
    while (i < left.length && (left[i] ?? Infinity) <= at) i++
    while (j < right.length && (right[j] ?? Infinity) <= at) j++
    distance = Math.max(distance, Math.abs(i / left.length - j / right.length))
  }
  const size = Math.sqrt((a.length * b.length) / (a.length + b.length))
  return { distance, p: survival((size + 0.12 + 0.11 / size) * distance) }
}

const TERMS = 100

/** Kolmogorov's Q: 2 Σ (−1)^(k−1) e^(−2k²λ²). */
function survival(lambda: number): number {
  if (lambda < 0.2) return 1 // the series does not converge there, and the sum is 1 to ten digits
  const terms = Array.from({ length: TERMS }, (_, n) => (n % 2 === 0 ? 2 : -2) * Math.exp(-2 * (n + 1) ** 2 * lambda ** 2))
  return Math.min(
    1,
    Math.max(
      0,
      terms.reduce((sum, term) => sum + term, 0),
    ),
  )
}
