import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type ParsedNode } from 'yaml'

/** Where something stands in the file: keys of maps, indices of lists. */
export type Path = readonly (string | number)[]

/** One thing wrong with the file. `atKey`: the key itself is, not what it names. */
export interface Problem {
  readonly path: Path
  readonly message: string
  readonly atKey?: true
}

/** `clients[2].redirect_uris[0]`. A key that would not read as one is quoted. */
function formatPath(path: Path): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`
    return /^[\w-]{1,80}$/.test(part) ? `.${part}` : `[${JSON.stringify(part.slice(0, 80))}]`
  })
  return parts.join('').replace(/^\./, '') || 'file'
}

/** One problem and the place it is printed with. */
export interface Finding {
  readonly offset: number
  readonly path: Path
  readonly message: string
}

export const findingOf = (document: Document, problem: Problem): Finding => ({
  offset: offsetOf(document, problem),
  path: problem.path,
  message: problem.message,
})

/** `group.yaml:41:7 clients[2].redirect_uris[0]: must be https …` */
export function findingLine(fileName: string, lines: LineCounter, { offset, path, message }: Finding): string {
  const { line, col } = lines.linePos(offset)
  return `${fileName}:${Math.max(line, 1)}:${Math.max(col, 1)} ${formatPath(path)}: ${message}`
}

/** The path of the key that begins at this offset; empty when none does. */
export function pathOfKey(document: Document, offset: number): Path {
  const walk = (node: unknown, path: Path): Path | undefined => {
    if (isSeq(node)) return firstOf(node.items, (item, index) => walk(item, [...path, index]))
    if (!isMap(node)) return undefined
    return firstOf(node.items, ({ key, value }) => {
      if (!isScalar(key)) return undefined
      const inner = [...path, String(key.value)]
      return key.range?.[0] === offset ? inner : walk(value, inner)
    })
  }
  return walk(document.contents, []) ?? []
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item, index: number) => Found | undefined): Found | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index)
    if (found !== undefined) return found
  }
  return undefined
}

/** Start of the node at the path; where it is missing, of the nearest thing around it. */
function offsetOf(document: Document, { path, atKey }: Problem): number {
  let node: Node | null = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, part] of path.entries()) {
    const child = childOf(resolve(document, node), part)
    if (!child) break
    node = child.value
    const preferKey = atKey && depth === path.length - 1
    offset = (preferKey ? startOf(child.key) : (startOf(node) ?? startOf(child.key))) ?? offset
  }
  return offset
}

function childOf(node: Node | null, part: string | number): { key: Node | null; value: Node | null } | undefined {
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part]
    return isNode(item) ? { key: item, value: item } : undefined
  }
  if (!isMap(node)) return undefined
  // the last of duplicate keys is the one that was read
  const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(part))
  return pair && { key: isNode(pair.key) ? pair.key : null, value: isNode(pair.value) ? pair.value : null }
}

const resolve = (document: Document, node: Node | null): Node | null => (isAlias(node) ? (node.resolve(document) ?? null) : node)

const startOf = (node: Node | ParsedNode | null): number | undefined => node?.range?.[0]
