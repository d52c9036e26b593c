import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkUserData } from '../../src/domain/user-data.ts'

const now = new Date('2026-11-22T15:00:00Z')
const CLABE = '014027000005555558'
const CURP = 'HEGG560427MVZRRL04'

const name = { firstName: 'Michael', lastName: 'Johnson' }
const bank = (bankAccount: unknown) => ({ type: 'bank_account', bankAccount })
const paymentMethod = bank({ country: 'MX', accountNumber: CLABE })
const good = { name, paymentMethod }
const verdict = (value: unknown) => checkUserData(value, now)
const pathsOf = (value: unknown) => {
  const answer = verdict(value)
  return answer.ok ? [] : answer.errors.map(({ path }) => path)
}

describe('checkUserData', () => {
  it.each([
    ["the seed's example", good],
    ['all names', { ...good, name: { ...name, secondName: 'Ángel', secondLastName: "O'Brien" } }],
    ['names of any script', { ...good, name: { firstName: '李', lastName: 'محمد 👩‍👩‍👧' } }],
    ['an SSN', { ...good, idType: 'SSN', idNumber: '123-45-6789' }],
    ['a CURP', { ...good, idType: 'CURP', idNumber: CURP }],
    ['another document', { ...good, idType: 'PASSPORT', idNumber: 'X1234567' }],
    ['a number without its type', { ...good, idNumber: 'anything' }],
    ['a type without its number', { ...good, idType: 'SSN' }],
    ['a birth date', { ...good, dob: '1990-05-17' }],
    ['a birthday on 29 February', { ...good, dob: '2000-02-29' }],
    ['the oldest birth date', { ...good, dob: '1900-01-01' }],
    ['a birth date of today', { ...good, dob: '2026-11-22' }],
    ['an image', { ...good, idImage: 'data:image/jpeg;base64,/9j/4AAQ' }],
    [
      'an account elsewhere',
      { ...good, paymentMethod: bank({ country: 'US', accountNumber: '12', routingNumber: '021000021' }) },
    ],
    ['a cash payout', { ...good, paymentMethod: { type: 'cash', cash: { provider: 'oxxo', reference: '9' } } }],
    [
      'a type we have not heard of',
      { ...good, paymentMethod: { type: 'mobile_wallet', mobileWallet: { phone: '+525512345678' } } },
    ],
    ['a name of the greatest length', { ...good, name: { ...name, firstName: 'x'.repeat(256) } }],
  ])('accepts %s', (_what, value) => {
    expect(verdict(value)).toEqual({ ok: true })
  })

  it.each([
    ['nothing', undefined, ['']],
    ['null', null, ['']],
    ['a list', [], ['']],
    ['a text', 'Michael', ['']],
    ['an empty object', {}, ['name', 'paymentMethod']],
    ['no payment method', { name }, ['paymentMethod']],
    ['no name', { paymentMethod }, ['name']],
    ['a name that is a text', { ...good, name: 'Michael Johnson' }, ['name']],
    ['half a name', { ...good, name: { firstName: 'Michael' } }, ['name.lastName']],
    ['empty names', { ...good, name: { firstName: '', lastName: ' \u00a0' } }, ['name.firstName', 'name.lastName']],
    ['a number for a name', { ...good, name: { ...name, firstName: 7 } }, ['name.firstName']],
    ['null for a name', { ...good, name: { ...name, secondName: null } }, ['name.secondName']],
    ['a name that is too long', { ...good, name: { ...name, firstName: 'x'.repeat(257) } }, ['name.firstName']],
    ['a line break in a name', { ...good, name: { ...name, lastName: 'A\r\nBcc: b' } }, ['name.lastName']],
    ['NUL in a name', { ...good, name: { ...name, lastName: 'A\u0000' } }, ['name.lastName']],
    ['half a surrogate in a name', { ...good, name: { ...name, lastName: 'A\ud800' } }, ['name.lastName']],
    ['a name field that does not exist', { ...good, name: { ...name, nick: 'Mike' } }, ['name.nick']],
    ['a field that does not exist', { ...good, email: 'a@b.c' }, ['email']],
    ['a first name at the top', { ...good, firstName: 'Michael' }, ['firstName']],
    ['an impossible field name', { ...good, 'a b': 1, '<b>': 2 }, ['']],
    ['__proto__', JSON.parse('{"__proto__":{"a":1}}'), ['', 'name', 'paymentMethod']],
    ['constructor', { ...good, constructor: {} }, ['']],
    ['a payment method that is a text', { ...good, paymentMethod: 'bank_account' }, ['paymentMethod']],
    ['a payment method without type', { ...good, paymentMethod: { bankAccount: {} } }, ['paymentMethod.type']],
    ['a type in capitals', { ...good, paymentMethod: { type: 'BANK_ACCOUNT' } }, ['paymentMethod.type']],
    ['a type that is a number', { ...good, paymentMethod: { type: 1 } }, ['paymentMethod.type']],
    [
      "no object of the type's name",
      { ...good, paymentMethod: { type: 'bank_account' } },
      ['paymentMethod.bankAccount'],
    ],
    [
      'an object of another name',
      { ...good, paymentMethod: { type: 'bank_account', cash: {} } },
      ['paymentMethod.cash', 'paymentMethod.bankAccount'],
    ],
    [
      'snake case for the object',
      { ...good, paymentMethod: { type: 'bank_account', bank_account: {} } },
      ['paymentMethod.bank_account', 'paymentMethod.bankAccount'],
    ],
    ['a list for an account', { ...good, paymentMethod: bank([]) }, ['paymentMethod.bankAccount']],
    [
      'an empty account',
      { ...good, paymentMethod: bank({}) },
      ['paymentMethod.bankAccount.country', 'paymentMethod.bankAccount.accountNumber'],
    ],
    [
      'a country in small letters',
      { ...good, paymentMethod: bank({ country: 'mx', accountNumber: CLABE }) },
      ['paymentMethod.bankAccount.country'],
    ],
    [
      'a country of three letters',
      { ...good, paymentMethod: bank({ country: 'MEX', accountNumber: CLABE }) },
      ['paymentMethod.bankAccount.country'],
    ],
    [
      'an account number that is a number',
      { ...good, paymentMethod: bank({ country: 'MX', accountNumber: 14027000005555558 }) },
      ['paymentMethod.bankAccount.accountNumber'],
    ],
    [
      'a wrong check digit',
      { ...good, paymentMethod: bank({ country: 'MX', accountNumber: '014027000005555559' }) },
      ['paymentMethod.bankAccount.accountNumber'],
    ],
    [
      '17 digits',
      { ...good, paymentMethod: bank({ country: 'MX', accountNumber: CLABE.slice(1) }) },
      ['paymentMethod.bankAccount.accountNumber'],
    ],
    [
      '19 digits',
      { ...good, paymentMethod: bank({ country: 'MX', accountNumber: `0${CLABE}` }) },
      ['paymentMethod.bankAccount.accountNumber'],
    ],
    [
      'a holder in a Mexican account',
      { ...good, paymentMethod: bank({ country: 'MX', accountNumber: CLABE, holder: 'M' }) },
      ['paymentMethod.bankAccount.holder'],
    ],
    [
      'an object inside an account elsewhere',
      { ...good, paymentMethod: bank({ country: 'US', accountNumber: '1', more: {} }) },
      ['paymentMethod.bankAccount.more'],
    ],
    [
      'an account elsewhere without number',
      { ...good, paymentMethod: bank({ country: 'US' }) },
      ['paymentMethod.bankAccount.accountNumber'],
    ],
    [
      'an empty number elsewhere',
      { ...good, paymentMethod: bank({ country: 'US', accountNumber: ' ' }) },
      ['paymentMethod.bankAccount.accountNumber'],
    ],
    ['a wrong SSN', { ...good, idType: 'SSN', idNumber: '666-45-6789' }, ['idNumber']],
    ['a wrong CURP', { ...good, idType: 'CURP', idNumber: `${CURP.slice(0, 17)}5` }, ['idNumber']],
    ['a document type in small letters', { ...good, idType: 'ssn', idNumber: '123-45-6789' }, ['idType']],
    ['a document number that is a number', { ...good, idType: 'SSN', idNumber: 123456789 }, ['idNumber']],
    ['a birth date in the future', { ...good, dob: '2026-11-23' }, ['dob']],
    ['a birth date of 1899', { ...good, dob: '1899-12-31' }, ['dob']],
    ['29 February of a common year', { ...good, dob: '2023-02-29' }, ['dob']],
    ['a birth date that is null', { ...good, dob: null }, ['dob']],
    ['an image that is a link', { ...good, idImage: 'https://example.com/a.jpg' }, ['idImage']],
    [
      'everything at once',
      { name: {}, dob: 1, idType: 2, idNumber: 3, paymentMethod: {} },
      ['name.firstName', 'name.lastName', 'idNumber', 'idType', 'dob', 'paymentMethod.type'],
    ],
  ])('refuses %s, naming the path', (_what, value, paths) => {
    expect(pathsOf(value)).toEqual(paths)
  })

  it('says where a misplaced field belongs', () => {
    const answer = verdict({ ...good, firstName: 'Michael', accountNumber: '1' })

    expect(answer).toEqual({
      ok: false,
      errors: [
        { path: 'firstName', message: 'is not known here: it belongs at name.firstName' },
        { path: 'accountNumber', message: 'is not known here: it belongs at paymentMethod.bankAccount.accountNumber' },
      ],
    })
  })

  it('lists fifty errors at most', () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [
        `field${String.fromCharCode(97 + (index % 26)).repeat(1 + Math.floor(index / 26))}`,
        1,
      ]),
    )

    expect(pathsOf(many)).toHaveLength(50)
  })

  it('answers anything at all without throwing or echoing a value', () => {
    const canary = 'CANARY-7f3e'
    const leaf = fc.oneof(
      fc.constant(canary),
      fc.string().map((text) => canary + text),
      fc.constant([canary]),
      fc.constant({ country: canary }),
      fc.integer(),
      fc.constant(null),
    )
    const branch = fc.dictionary(
      fc.constantFrom('firstName', 'lastName', 'type', 'bankAccount', 'country', 'accountNumber', canary),
      leaf,
    )
    const anything = fc.record(
      {
        name: fc.oneof(branch, leaf),
        idType: leaf,
        idNumber: leaf,
        dob: leaf,
        idImage: leaf,
        paymentMethod: fc.oneof(
          branch,
          leaf,
          fc.constant({ type: 'bank_account', bankAccount: { country: 'MX', accountNumber: canary } }),
        ),
        [canary]: leaf,
      },
      { requiredKeys: [] },
    )

    fc.assert(
      fc.property(fc.oneof(anything, fc.anything()), (value) => !JSON.stringify(verdict(value)).includes(canary)),
      { numRuns: 3_000 },
    )
  })

  it('lets no path appear twice', () => {
    const branch = fc.dictionary(
      fc.constantFrom('firstName', 'lastName', 'type', 'bankAccount', 'x y', '<>'),
      fc.anything(),
    )

    fc.assert(
      fc.property(
        fc.record({ name: branch, paymentMethod: branch, idNumber: fc.anything(), idType: fc.anything() }),
        (value) => {
          const paths = pathsOf(value)
          return new Set(paths).size === paths.length
        },
      ),
    )
  })
})
