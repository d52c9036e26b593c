import fc from 'fast-check'
import { newUuid, showId } from '../../src/lib/id.ts'

/** What a field means beyond its schema. */
export interface Meaning {
  valid: fc.Arbitrary<unknown>
  /** Surely refused. */
  invalid?: fc.Arbitrary<unknown>
}

/** By the name of the field and its type; `undefined` where the schema says it all. */
export const meaningOf = (name: string, type: string | undefined): Meaning | undefined =>
  type === undefined ? undefined : MEANINGS[`${name}: ${type}`]

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`))
const among = (...texts: string[]) => fc.constantFrom(...texts)

const phone: Meaning = {
  valid: fc.oneof(
    digits(4).map((last) => `+1512555${last}`),
    among('+525512345678', '+5511961234567', '+447400123456', '+573211234567', '+1 (512) 555-0199'),
  ),
  invalid: among(
    '',
    'call me',
    '+1512',
    '++15125550123',
    '+19005550123',
    '+15125550123 x7',
    '911',
    '+１５１２５５５',
    '+0',
  ),
}
const email: Meaning = {
  valid: fc.stringMatching(/^[a-z]{1,12}(\.[a-z]{1,8})?(\+[a-z]{1,5})?$/).map((local) => `${local}@example.com`),
  invalid: among(
    '',
    'ana',
    'a@b',
    'a@b@c.example',
    'Ana <a@b.example>',
    'a@b.example,c@d.example',
    '"a"@b.example',
    'a@[127.0.0.1]',
  ),
}
const duration: Meaning = {
  valid: fc.integer({ min: 1, max: 10_000 }).map((minutes) => `PT${minutes}M`),
  invalid: among('', 'PT', 'tomorrow', 'P1M', 'P1Y', '-PT1H', 'PT1H1', 'P99999D'),
}
const future = (from: string, to: string): Meaning => ({
  valid: fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true }).map((date) => date.toISOString()),
  invalid: among('', 'soon', '2030-02-30T10:00:00Z', '2030-01-01', '2030-01-01T10:00:00', '2030-13-01T00:00:00Z'),
})

const clabe = digits(17).map((text) => {
  const sum = [...text].reduce((total, digit, i) => total + ((Number(digit) * ([3, 7, 1][i % 3] ?? 0)) % 10), 0)
  return `${text}${(10 - (sum % 10)) % 10}`
})
const person = fc.record(
  {
    firstName: among('Ana', 'Đặng', "O'Brien", '李'),
    lastName: among('Núñez', 'Ōe', 'ben Ali'),
    secondName: among('I'),
  },
  { requiredKeys: ['firstName', 'lastName'] },
)
const account = fc.oneof(
  clabe.map((accountNumber) => ({ country: 'MX', accountNumber })),
  digits(10).map((accountNumber) => ({ country: 'US', accountNumber, routingNumber: '021000021' })),
)
const payment = account.map((bankAccount) => ({ type: 'bank_account', bankAccount }))
const userData: Meaning = {
  valid: fc.record(
    { name: person, paymentMethod: payment, dob: among('1990-02-28', '2000-02-29'), idNumber: digits(9) },
    { requiredKeys: ['name', 'paymentMethod'] },
  ),
  invalid: fc.oneof(
    person.map((name) => ({ name })),
    payment.map((paymentMethod) => ({ paymentMethod })),
    fc.tuple(person, digits(17)).map(([name, accountNumber]) => ({
      name,
      paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber } },
    })),
    fc.tuple(person, payment).map(([name, paymentMethod]) => ({ name, paymentMethod, dob: '1899-12-31' })),
    fc
      .tuple(person, payment)
      .map(([name, paymentMethod]) => ({ name, paymentMethod, idType: 'SSN', idNumber: '000-12-3456' })),
  ),
}

const MEANINGS: Record<string, Meaning> = {
  'phone: string': phone,
  'country: string': { valid: among('US', 'MX', 'BR', 'CO') },
  'email: string': email,
  'locale: string': {
    valid: among('en', 'es-MX', 'pt_BR', 'ar', 'zh-Hant-TW', 'es-419', 'xx-YY'),
    invalid: among('', 'english please', '../../etc', 'e', 'x'.repeat(1_000), 'en-', '-'),
  },
  'timeZone: string': {
    valid: among('America/Chicago', 'UTC', 'Asia/Calcutta', 'Etc/GMT+12', 'Pacific/Apia'),
    invalid: among('', '+02:00', 'UTC+2', 'Mars/Olympus', '../America/Chicago', 'x'.repeat(1_000)),
  },
  'referenceId: string': {
    valid: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 19 }).map((n) => `user_${n}`) },
      { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/) },
    ),
    invalid: among('', 'user 1', 'ana@example.com', '+15125550123', '512-555-0123', 'ñ', 'u'.repeat(129), 'a/b'),
  },
  'template: string': {
    valid: fc.oneof(
      { weight: 9, arbitrary: among('magic-link') },
      { weight: 1, arbitrary: among('magic-link-reminder', 'none') },
    ),
    invalid: among('', '../../etc/passwd', 'Magic Link', '.hidden', 'x'.repeat(65)),
  },
  'after: array': {
    valid: fc
      .uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 4 })
      .map((list) => list.toSorted((a, b) => a - b).map((minutes) => `PT${minutes}M`)),
    invalid: fc.constantFrom(['PT2H', 'PT1H'], ['PT1H', 'PT60M'], ['PT0S'], ['tomorrow'], Array(11).fill('PT1H')),
  },
  'cursor: string': {
    valid: fc.nat(1).map(() => Buffer.from(showId('cur', newUuid())).toString('base64url')),
    invalid: among('', 'abc', 'x'.repeat(201), '../..'),
  },
  'campaignId: string': {
    valid: fc.nat(1).map(() => showId('cmp', newUuid())),
    invalid: among('', '1', 'dsp_1', 'cmp_ñ'),
  },
  'fallbackAfter: string': duration,
  'sendAt: string': future('2090-01-01', '2090-12-31'),
  'startAt: string': future('2090-01-01', '2090-12-31'),
  'localStart: string': {
    valid: among('2090-03-01T10:00', '2090-12-31T23:59'),
    invalid: among('', '10:00', '2090-02-30T10:00', '2090-03-01T10:00Z', '2090-03-01 10:00', '0000-01-01T00:00'),
  },
  'cron: string': {
    valid: among('0 10 * * 1', '59 * * * *', '30 9 1,15 * MON-FRI'),
    invalid: among('', '* * * * *', '*/5 * * * *', '60 10 * * *', '0 10 * *', '0 0 10 * * 1', 'x'.repeat(500)),
  },
  'validUntil: string': future('2091-01-01', '2091-12-31'),
  'expiresAt: string': future('2090-01-01', '2090-12-31'),
  'url: string': {
    valid: fc.stringMatching(/^[A-Za-z0-9_-]{8,20}$/).map((path) => `https://widget.m2m.leapfinancial.com/l/${path}`),
    invalid: among('', 'javascript:alert(1)', 'ftp://a.example', 'https://a b', '//a.example', 'https://ñ.example/'),
  },
  'userData: object': userData,
}
