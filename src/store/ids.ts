/** The ids Atrium makes or the group file names, branded so that none is passed for another. */

/** One customer in the group. UUIDv7 text. */
export type AccountId = string & { readonly __type: 'AccountId' }
/** Key of a brand, partner, the group itself or the operator, as the group file names it (`aurora`). */
export type RecipientKey = string & { readonly __type: 'RecipientKey' }
/** `client_id` of OAuth (`aurora-web`). */
export type ClientId = string & { readonly __type: 'ClientId' }
/** Name of a profile attribute, which is its claim name too (`given_name`). */
export type AttributeName = string & { readonly __type: 'AttributeName' }
/** Name of a purpose (`delivery`). */
export type PurposeName = string & { readonly __type: 'PurposeName' }

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Whether a text from outside can be the id of a row of ours: PostgreSQL takes nothing else for one. */
export const isUuid = (text: string): boolean => UUID.test(text)
