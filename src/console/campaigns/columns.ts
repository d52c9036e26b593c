import type { Option } from '../sheet.ts'

/** What a column may hold, in words. */
const PATHS: Option[] = [
  ['', 'Nothing: ignore it'],
  ['referenceId', 'Reference: the user’s id at the partner'],
  ['contact.phone', 'Phone'],
  ['contact.country', 'Country of the phone'],
  ['contact.email', 'Email'],
  ['contact.pushTokens', 'Device tokens'],
  ['contact.name.firstName', 'First name, to greet'],
  ['contact.name.lastName', 'Last name, to greet'],
  ['locale', 'Language'],
  ['timeZone', 'Time zone'],
  ['channels', 'Channels, in order'],
  ['userData.name.firstName', 'First name, for the partner'],
  ['userData.name.secondName', 'Second name, for the partner'],
  ['userData.name.lastName', 'Last name, for the partner'],
  ['userData.name.secondLastName', 'Second last name, for the partner'],
  ['userData.paymentMethod.type', 'Kind of payment'],
  ['userData.paymentMethod.bankAccount.accountNumber', 'Account number'],
  ['userData.paymentMethod.bankAccount.country', 'Country of the bank'],
  ['userData.dob', 'Date of birth'],
  ['userData.idType', 'Type of ID'],
  ['userData.idNumber', 'ID number'],
  ['link.linkId', 'Id of a link of your own'],
  ['link.url', 'A link of your own'],
  ['link.expiresAt', 'When that link dies'],
]

/** The usual meanings, the free ones under the column's own name, and whatever was guessed. */
export function columnOptions(column: string, path: string | null): Option[] {
  const name = fieldName(column)
  const free: Option[] = name
    ? [
        [`variables.${name}`, `Variable “${name}” of the words`],
        [`metadata.${name}`, `Your own: metadata “${name}”`],
      ]
    : []
  const known = [...PATHS, ...free]
  return path === null || known.some(([value]) => value === path) ? known : [...known, [path, path]]
}

/** `Código de plan` becomes `codigoDePlan`. */
const fieldName = (column: string): string =>
  column
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[^A-Za-z]+/, '')
    .replace(/^[A-Z]/, (letter) => letter.toLowerCase())
    .slice(0, 40)
