import { didYouMean } from './did-you-mean.ts'
import type { Path, Problem } from './place.ts'
import type { Readable, ReadablePart } from './readable-part.ts'
import type { ClientEntry } from './schema.ts'
import { RESERVED_SCOPES } from './scopes.ts'

/** Names of what the file doesn't have, and needs above what an attribute may serve. */
export function referenceProblems(file: ReadablePart): Problem[] {
  const known = knownNames(file)
  return [
    ...file.attributes.flatMap(({ path, value }) => unknownNames('purpose', value.purposes, known.purposes, [...path, 'purposes'])),
    ...file.clients.flatMap((client) => clientReferences(client, known)),
  ]
}

interface KnownNames {
  readonly recipients: ReadonlySet<string>
  readonly purposes: ReadonlySet<string>
  readonly attributeGroups: ReadonlySet<string>
  /** Scopes that every client may have. */
  readonly scopes: ReadonlySet<string>
  /** Recipient → the scopes of its own APIs, which only its own clients may have. */
  readonly apiScopes: ReadonlyMap<string | undefined, readonly string[]>
  /** Attribute → the purposes it may serve; undefined where those can't be read. */
  readonly attributes: ReadonlyMap<string, readonly string[] | undefined>
}

function knownNames(file: ReadablePart): KnownNames {
  const attributeGroups = new Set(file.attributeGroups.flatMap(({ value }) => value.group ?? []))
  return {
    recipients: new Set(file.recipients.flatMap(({ value }) => value.key ?? [])),
    purposes: new Set(file.purposes.flatMap(({ value }) => value.name ?? [])),
    attributeGroups,
    scopes: new Set([...RESERVED_SCOPES, ...attributeGroups]),
    apiScopes: new Map(file.recipients.map(({ value }) => [value.key, (value.apis ?? []).flatMap(({ scopes }) => scopes)])),
    attributes: new Map(file.attributes.flatMap(({ value }) => (value.name === undefined ? [] : [[value.name, value.purposes] as const]))),
  }
}

function clientReferences({ path, value }: Readable<ClientEntry>, known: KnownNames): Problem[] {
  const { recipient, scope, writes } = value
  const scopes = scope?.split(' ') ?? []
  const knownScopes = new Set([...known.scopes, ...(known.apiScopes.get(recipient) ?? [])])
  return [
    ...(recipient === undefined ? [] : unknownName('recipient', recipient, known.recipients, [...path, 'recipient'])),
    ...scopes.flatMap((name) => unknownName('scope', name, knownScopes, [...path, 'scope'])),
    ...repeated(scopes).map((name) => ({ path: [...path, 'scope'], message: `${name} stands in it twice` })),
    ...unknownNames('attribute group', writes, known.attributeGroups, [...path, 'writes']),
    ...needProblems({ path, value }, known),
  ]
}

function needProblems({ path, value }: Pick<Readable<ClientEntry>, 'path' | 'value'>, known: KnownNames): Problem[] {
  const needs = value.needs ?? []
  return needs.flatMap((need, index) => {
    const at = [...path, 'needs', index]
    const twice = needs.findIndex(({ purpose }) => purpose === need.purpose) < index
    const notNeeded = (need.required ?? []).flatMap((name, position) =>
      need.attributes.includes(name) ? [] : [{ path: [...at, 'required', position], message: `${name} must stand under attributes too` }],
    )
    return [
      ...unknownName('purpose', need.purpose, known.purposes, [...at, 'purpose']),
      ...(twice ? [{ path: [...at, 'purpose'], message: `${need.purpose} has a need above: name each purpose once` }] : []),
      ...unknownNames('attribute', need.attributes, known.attributes, [...at, 'attributes']),
      ...need.attributes.flatMap((name, position) => overreach(name, need.purpose, known, [...at, 'attributes', position])),
      ...notNeeded,
      ...unneededReasons(need, at),
    ]
  })
}

/** Reasons for what is not asked for. */
const unneededReasons = (need: NonNullable<ClientEntry['needs']>[number], at: Path): Problem[] =>
  Object.keys(need.reasons ?? {})
    .filter((name) => !need.attributes.includes(name))
    .map((name) => ({ path: [...at, 'reasons', name], message: `${name} must stand under attributes too`, atKey: true }))

/** A need above what the attribute allows. */
function overreach(attribute: string, purpose: string, known: KnownNames, path: Path): Problem[] {
  const allowed = known.attributes.get(attribute)
  if (!allowed || allowed.includes(purpose) || !known.purposes.has(purpose)) return []
  return [{ path, message: `${attribute} may not serve ${purpose}, only ${allowed.join(', ')}` }]
}

interface Names extends Iterable<string | readonly [string, unknown]> {
  has(name: string): boolean
  keys(): Iterable<string>
}

const unknownNames = (what: string, names: readonly string[] | undefined, known: Names, path: Path): Problem[] =>
  (names ?? []).flatMap((name, index) => unknownName(what, name, known, [...path, index]))

const unknownName = (what: string, name: string, known: Names, path: Path): Problem[] =>
  known.has(name) ? [] : [{ path, message: `unknown ${what} ${name}${didYouMean(name, known.keys())}` }]

const repeated = (names: readonly string[]): string[] => [...new Set(names.filter((name, index) => names.indexOf(name) < index))]
