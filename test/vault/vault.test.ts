import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeVault, VaultError } from '../../src/vault/vault.ts'

const newKey = (id: string) => ({ id, key: randomBytes(32) })
const old = newKey('k1')
const fresh = newKey('k2')
const lookupKeys = [newKey('l2'), newKey('l1')]
const vault = makeVault({ keys: [old], lookupKeys })
const place = { table: 'secrets', row: '0192f0c1-0000-7000-8000-000000000001', column: 'contact' }

const text = fc.string({ unit: 'binary' })
const anyPlace = fc.record({ table: text, row: text, column: text })
const otherPlace = (part: keyof typeof place) => ({ ...place, [part]: `${place[part]}x` })

describe('sealing', () => {
  test('what was sealed opens at its place', () => {
    fc.assert(
      fc.property(
        text.filter((plain) => plain.isWellFormed()),
        anyPlace,
        (plain, where) => {
          expect(vault.open(vault.seal(plain, where), where)).toBe(plain)
        },
      ),
    )
  })

  test('the bytes do not show what they hold', () => {
    const sealed = vault.seal('{"accountNumber":"014027000005555558"}', place)

    expect(sealed.includes('0140270000')).toBe(false)
  })

  test('the same text never looks the same twice', () => {
    const seals = Array.from({ length: 5_000 }, () => vault.seal('same', place).toString('hex'))

    expect(new Set(seals).size).toBe(5_000)
    expect(new Set(seals.map((hex) => hex.slice(8, 32))).size).toBe(5_000)
  })

  test('any flipped bit is refused', () => {
    const sealed = vault.seal('Ana Prueba', place)

    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 0, max: 7 }), (index, bit) => {
        const changed = Buffer.from(sealed)
        changed[index] = (changed[index] ?? 0) ^ (1 << bit)
        expect(() => vault.open(changed, place)).toThrow(VaultError)
      }),
      { numRuns: 1_000 },
    )
  })

  test('every shorter or longer form is refused', () => {
    const sealed = vault.seal('Ana Prueba', place)

    fc.assert(
      fc.property(fc.nat(sealed.length - 1), (length) => {
        expect(() => vault.open(sealed.subarray(0, length), place)).toThrow(VaultError)
      }),
    )
    expect(() => vault.open(Buffer.concat([sealed, Buffer.from([0])]), place)).toThrow(VaultError)
  })

  test('bytes of any kind are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => vault.open(Buffer.from(bytes), place)).toThrow(VaultError)
      }),
    )
  })

  test.each(['table', 'row', 'column'] as const)('a value moved to another %s does not open', (part) => {
    const sealed = vault.seal('Ana Prueba', place)

    expect(() => vault.open(sealed, otherPlace(part))).toThrow(VaultError)
  })

  test('two places that read the same when written together are still two', () => {
    const sealed = vault.seal('Ana', { table: 'a', row: 'b', column: 'cd' })

    expect(() => vault.open(sealed, { table: 'a', row: 'bc', column: 'd' })).toThrow(VaultError)
  })

  test('the sentence of an error names neither the row nor the text', () => {
    const sealed = vault.seal('Ana Prueba', place)

    expect(() => vault.open(sealed, otherPlace('row'))).toThrow(/^A value in secrets\.contact was changed, moved/)
  })
})

describe('rotation', () => {
  test('the new key seals, and the old one still opens', () => {
    const sealed = vault.seal('Ana', place)
    const rotated = makeVault({ keys: [fresh, old], lookupKeys })

    expect(rotated.open(sealed, place)).toBe('Ana')
    expect(rotated.keyOf(sealed)).toBe('k1')
    expect(rotated.keyOf(rotated.seal('Ana', place))).toBe('k2')
    expect(rotated.currentKey).toBe('k2')
  })

  test('a key that is gone is named', () => {
    const sealed = vault.seal('Ana', place)
    const without = makeVault({ keys: [fresh], lookupKeys })

    expect(() => without.open(sealed, place)).toThrow('sealed with the key "k1", which is not in VAULT_KEYS')
  })

  test('another key under an old id opens nothing', () => {
    const sealed = vault.seal('Ana', place)
    const impostor = makeVault({ keys: [newKey('k1')], lookupKeys })

    expect(() => impostor.open(sealed, place)).toThrow(VaultError)
  })
})

describe('look-ups', () => {
  test('the same value is found again, another kind or value is not', () => {
    const phone = vault.lookup('phone', '+15125550123')

    expect(phone).toHaveLength(32)
    expect(vault.lookup('phone', '+15125550123')).toEqual(phone)
    expect(vault.lookup('token', '+15125550123')).not.toEqual(phone)
    expect(vault.lookup('phone', '+15125550124')).not.toEqual(phone)
  })

  test('kind and value do not run together', () => {
    expect(vault.lookup('phone', 'x')).not.toEqual(vault.lookup('phon', 'ex'))
  })

  test('every key is asked, the current one first, so that rotation forgets no opt-out', () => {
    const before = makeVault({ keys: [old], lookupKeys: lookupKeys.slice(1) })
    const optedOut = before.lookup('phone', '+15125550123')

    const asked = vault.lookups('phone', '+15125550123')

    expect(asked).toHaveLength(2)
    expect(asked[0]).toEqual(vault.lookup('phone', '+15125550123'))
    expect(asked[1]).toEqual(optedOut)
  })

  test('without the key a dump tells nothing', () => {
    const stranger = makeVault({ keys: [old], lookupKeys: [newKey('l2')] })

    expect(stranger.lookup('phone', '+15125550123')).not.toEqual(vault.lookup('phone', '+15125550123'))
  })
})

describe('keys that are none', () => {
  test.each([
    ['no key', [], lookupKeys],
    ['no look-up key', [old], []],
    ['a short key', [{ id: 'k', key: randomBytes(16) }], lookupKeys],
    ['a short look-up key', [old], [{ id: 'l', key: randomBytes(31) }]],
    ['two keys of one id', [old, newKey('k1')], lookupKeys],
    ['an id of no letters', [newKey('')], lookupKeys],
    ['an id too long for its length byte', [newKey('k'.repeat(256))], lookupKeys],
  ])('%s stops the start', (_, keys, lookups) => {
    expect(() => makeVault({ keys, lookupKeys: lookups })).toThrow(VaultError)
  })
})
