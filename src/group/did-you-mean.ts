/** `, did you mean redirect_uris?` when a known word is near, else nothing. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const limit = Math.min(3, Math.floor(typed.length / 3))
  let best: { word: string; distance: number } | undefined
  for (const word of known) {
    // the difference in length is the least the distance can be: a long text is never compared letter by letter
    if (Math.abs(word.length - typed.length) > limit) continue
    const distance = editDistance(typed.toLowerCase(), word.toLowerCase())
    if (distance <= limit && (!best || distance < best.distance)) best = { word, distance }
  }
  return best ? `, did you mean ${best.word}?` : ''
}

/** Letters to insert, delete, replace or swap with their neighbour to get from one word to the other. */
function editDistance(a: string, b: string): number {
  let twoAbove: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(above, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const swaps = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = swaps ? at(twoAbove, column - 2) + 1 : Infinity
      current.push(Math.min(replaced, swapped, at(above, column) + 1, at(current, column - 1) + 1))
    }
    twoAbove = above
    above = current
  }
  return at(above, b.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity
