/** Attributes that browsers know how to fill in, with the token they know them by. */
const TOKENS: Readonly<Record<string, string>> = {
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  birthdate: 'bday',
  email: 'email',
  phone_number: 'tel',
  language: 'language',
  'address.street_address': 'street-address',
  'address.postal_code': 'postal-code',
  'address.locality': 'address-level2',
  'address.country': 'country-name',
}

/** The `autocomplete` token of an attribute's input; `off` where the standard has none. */
export function autocompleteFor(attribute: string): string {
  return TOKENS[attribute] ?? 'off'
}
