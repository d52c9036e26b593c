import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { addressesOf } from '../../src/flow/delivery.ts'
import { makeVault } from '../../src/vault/vault.ts'
import { aWork } from '../support/fakes.ts'

const aKey = (id: string) => ({ id, key: randomBytes(32) })

it('an address is looked for under every look-up key, so that an opt-out of before a rotation is found', () => {
  const [old, current] = [aKey('old'), aKey('current')]
  const before = makeVault({ keys: [aKey('k')], lookupKeys: [old] })
  const after = makeVault({ keys: [aKey('k')], lookupKeys: [current, old] })

  const [address] = addressesOf(aWork({ contact: { phone: '+15125550123' } }), after)

  expect(address?.hashes).toContainEqual(before.lookup('phone', '+15125550123'))
  expect(address?.hash).toEqual(after.lookup('phone', '+15125550123'))
})
