import { isBirthDate, isClabe, isCurp, isSsn } from './identity.ts'

/** What is wrong where. Messages name rules and fields, never what was sent. */
export interface UserDataError {
  path: string
  message: string
}
export type UserDataVerdict = { ok: true } | { ok: false; errors: UserDataError[] }

/**
 * The partner's `userData` (dossier, section 5): wrong prefill beats what the user types, so only what is surely
 * right passes.
 */
export function checkUserData(value: unknown, now: Date): UserDataVerdict {
  const errors = isObject(value)
    ? [
        ...unknownFields(value, '', TOP_FIELDS),
        ...checkName(value['name']),
        ...checkIdentity(value),
        ...checkBirthDate(value['dob'], now),
        ...checkImage(value['idImage']),
        ...checkPayment(value['paymentMethod']),
      ]
    : [wrong('', 'must be an object')]
  return errors.length === 0 ? { ok: true } : { ok: false, errors: errors.slice(0, MOST_ERRORS) }
}

const MOST_ERRORS = 50
const TOP_FIELDS = ['name', 'idNumber', 'idType', 'dob', 'idImage', 'paymentMethod']
const NAME_FIELDS = ['firstName', 'secondName', 'lastName', 'secondLastName']

/** Fields that are the partner's but stand elsewhere. */
const HOMES: Record<string, string> = {
  firstName: 'name.firstName',
  secondName: 'name.secondName',
  lastName: 'name.lastName',
  secondLastName: 'name.secondLastName',
  bankAccount: 'paymentMethod.bankAccount',
  accountNumber: 'paymentMethod.bankAccount.accountNumber',
  country: 'paymentMethod.bankAccount.country',
}

function checkName(name: unknown): UserDataError[] {
  if (name === undefined) return [wrong('name', 'is required')]
  if (!isObject(name)) return [wrong('name', 'must be an object')]
  return [
    ...unknownFields(name, 'name.', NAME_FIELDS),
    ...NAME_FIELDS.flatMap((field) =>
      checkText(name[field], `name.${field}`, field === 'firstName' || field === 'lastName'),
    ),
  ]
}

function checkIdentity({ idType, idNumber }: Fields): UserDataError[] {
  const errors = checkText(idNumber, 'idNumber', false)
  if (idType === undefined) return errors
  if (typeof idType !== 'string' || !/^[A-Z][A-Z0-9_]{0,31}$/.test(idType)) {
    return [...errors, wrong('idType', 'must be an upper-case word such as SSN or CURP')]
  }
  if (errors.length > 0 || typeof idNumber !== 'string') return errors
  if (idType === 'SSN' && !isSsn(idNumber)) return [wrong('idNumber', 'must be an issued SSN, written NNN-NN-NNNN')]
  if (idType === 'CURP' && !isCurp(idNumber))
    return [wrong('idNumber', 'must be a CURP: 18 characters, a real date, a right check digit')]
  return []
}

function checkBirthDate(dob: unknown, now: Date): UserDataError[] {
  if (dob === undefined || (typeof dob === 'string' && isBirthDate(dob, now))) return []
  return [wrong('dob', 'must be a day that exists, written YYYY-MM-DD, from 1900-01-01 to today')]
}

function checkImage(image: unknown): UserDataError[] {
  const fits = typeof image === 'string' && /^data:image\/[a-z]+;base64,[A-Za-z0-9+/]+={0,2}$/.test(image)
  return image === undefined || fits ? [] : [wrong('idImage', 'must be a data URI of an image in base64')]
}

function checkPayment(payment: unknown): UserDataError[] {
  if (payment === undefined) return [wrong('paymentMethod', 'is required')]
  if (!isObject(payment)) return [wrong('paymentMethod', 'must be an object')]

  const { type } = payment
  if (typeof type !== 'string' || !/^[a-z]+(_[a-z]+){0,3}$/.test(type) || type.length > 50) {
    return [wrong('paymentMethod.type', 'must be a lower-case word such as bank_account')]
  }
  const field = type.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
  const path = `paymentMethod.${field}`
  const details = payment[field]
  const errors = unknownFields(payment, 'paymentMethod.', ['type', field])
  if (details === undefined) return [...errors, wrong(path, 'is required: it is named after the type')]
  if (!isObject(details)) return [...errors, wrong(path, 'must be an object')]
  return [...errors, ...(field === 'bankAccount' ? checkBankAccount(details, path) : checkFlat(details, path))]
}

/** Which fields banks outside Mexico need is not documented: short texts pass, and the partner decides. */
function checkBankAccount(account: Fields, path: string): UserDataError[] {
  const { country, accountNumber } = account
  const inMexico = country === 'MX'
  const isCountry = typeof country === 'string' && /^[A-Z]{2}$/.test(country)
  const isWrongClabe = inMexico && typeof accountNumber === 'string' && !isClabe(accountNumber)
  return [
    ...(inMexico ? unknownFields(account, `${path}.`, ['country', 'accountNumber']) : checkFlat(account, path)),
    ...(isCountry ? [] : [wrong(`${path}.country`, 'must be two upper-case letters (ISO 3166-1)')]),
    ...(isWrongClabe
      ? [wrong(`${path}.accountNumber`, 'must be a CLABE: 18 digits with a right check digit')]
      : checkText(accountNumber, `${path}.accountNumber`, true)),
  ].filter(onePerPath)
}

function checkFlat(details: Fields, path: string): UserDataError[] {
  return Object.keys(details).flatMap((key) =>
    isFieldName(key)
      ? checkText(details[key], `${path}.${key}`, false)
      : [wrong(path, 'has a field with an impossible name')],
  )
}

function checkText(text: unknown, path: string, required: boolean): UserDataError[] {
  if (text === undefined) return required ? [wrong(path, 'is required')] : []
  if (typeof text !== 'string') return [wrong(path, 'must be a string')]
  if (text.trim() === '') return [wrong(path, 'must not be empty')]
  if (text.length > 256) return [wrong(path, 'must have at most 256 characters')]
  return /[\p{Cc}\p{Cs}]/u.test(text) ? [wrong(path, 'must not hold control characters')] : []
}

function unknownFields(fields: Fields, path: string, known: string[]): UserDataError[] {
  return Object.keys(fields)
    .filter((key) => !known.includes(key))
    .map((key) => {
      if (!isFieldName(key)) return wrong(path.slice(0, -1), 'has a field with an impossible name')
      const home = Object.hasOwn(HOMES, key) ? HOMES[key] : undefined
      return wrong(path + key, home ? `is not known here: it belongs at ${home}` : 'is not known')
    })
    .filter(onePerPath)
}

/** A name from outside is repeated only when it looks like a name and not like data. */
const isFieldName = (key: string) => /^[A-Za-z_]{1,40}$/.test(key) && !Object.hasOwn(Object.prototype, key)

const onePerPath = ({ path }: UserDataError, index: number, all: UserDataError[]) =>
  all.findIndex((other) => other.path === path) === index

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const wrong = (path: string, message: string): UserDataError => ({ path, message })
