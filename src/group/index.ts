/**
 * Owns the group: brands, partners, clients, attributes, purposes, journeys as data, policies; the group file, and what it takes to plan,
 * apply and export it. What is read at every request stands in memory.
 *
 * Does not own what the steps of a journey do, what is released to whom, nor the metadata's meaning to OAuth.
 */
export { createGroups, type Groups } from './create-groups.ts'
export type { Difference } from './differences.ts'
export { type DistinguishedName, parseDistinguishedName, sameName } from './distinguished-name.ts'
export * from './group.ts'
export { type GroupFile, GroupFileRefused } from './group-file.ts'
export { parseGroupFile } from './parse-group-file.ts'
export { type Registering, registrationEntry } from './registered-clients.ts'
export { createRegistrations, type Registrations } from './registrations.ts'
export type { ClientEntry } from './schema.ts'
export { ATRIUM_API_SCOPES, GRANT_TYPES, type GrantType, OIDC_SCOPES } from './scopes.ts'
export { NEUTRAL_LOOK, toClient as runningClient } from './to-group.ts'
