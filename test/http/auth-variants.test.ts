import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SCOPES } from '../../src/flow/ports-read.ts'
import { openHouse } from '../support/house.ts'
import { ask, faultsIn, readApi, traces } from './described-api.ts'

const house = await openHouse({ env: { ROLES: 'api' } })
const { operations, requests } = await readApi(house)
const guarded = operations.filter((one) => one.needsKey)
const { apiKey } = house.app
const revoked = await keyWith(['admin'], { revoke: true })
const keys = await Promise.all(SCOPES.map(async (scope) => ({ scope, key: await keyWith([scope]) })))

/** Ways to knock without a right key. */
const STRANGERS: [string, Record<string, string>][] = [
  ['no header', { Authorization: '' }],
  ['a scheme alone', { Authorization: 'Bearer' }],
  ['another scheme', { Authorization: `Basic ${Buffer.from(`:${apiKey}`).toString('base64')}` }],
  ['the key alone', { Authorization: apiKey }],
  ['a key nobody made', { Authorization: 'Bearer ld_0000000000000000000000000000000000000000000' }],
  ['a key with one more letter', { Authorization: `Bearer ${apiKey}a` }],
  ['a key with one letter less', { Authorization: `Bearer ${apiKey.slice(0, -1)}` }],
  ['a key in capitals', { Authorization: `Bearer ${apiKey.toUpperCase()}` }],
  ['two keys', { Authorization: `Bearer ${apiKey}, Bearer ${apiKey}` }],
  ['a key that was revoked', { Authorization: `Bearer ${revoked}` }],
  ['a very long key', { Authorization: `Bearer ${'k'.repeat(8_000)}` }],
  ['the key in other headers', { Authorization: '', 'X-API-Key': apiKey, Cookie: `session=${apiKey}` }],
]

describe.each(guarded)('$name', (operation) => {
  const [request] = fc.sample(requests.valid(operation, {}), { numRuns: 1, seed: 1 })

  it('is closed to whoever has no right key, and nothing is written', async () => {
    const before = await traces(house)

    const answers = await Promise.all(STRANGERS.map(([, headers]) => ask(house, request!, headers)))

    expect(answers.flatMap((answer) => faultsIn(request!, answer))).toEqual([])
    expect(answers.map(({ status, body }, i) => [STRANGERS[i]?.[0], status, body['code']])).toEqual(
      STRANGERS.map(([name]) => [name, 401, 'unauthorized']),
    )
    expect(await traces(house)).toEqual(before)
  })

  it('is open to the scopes it names, and to no other', async () => {
    const answers = await Promise.all(
      keys.map(async ({ scope, key }) => ({
        scope,
        ...(await ask(house, request!, { Authorization: `Bearer ${key}` })),
      })),
    )

    expect(operation.scopes.length).toBeGreaterThan(0)
    expect(answers.filter(({ status }) => status === 401)).toEqual([])
    expect(answers.filter(({ status }) => status !== 403).map(({ scope }) => scope)).toEqual(
      SCOPES.filter((scope) => scope === 'admin' || operation.scopes.includes(scope)),
    )
  })
})

it('was asked of every operation there is', () => {
  expect(guarded.length).toBeGreaterThan(25)
  expect(operations.filter((one) => !one.needsKey).map(({ path }) => path)).toEqual(
    operations.map(({ path }) => path).filter((path) => !path.startsWith('/v1/')),
  )
})

async function keyWith(scopes: string[], { revoke = false } = {}): Promise<string> {
  const { body } = await house.call('POST', '/v1/keys', { label: 'test', scopes })
  if (revoke) await house.call('DELETE', `/v1/keys/${body['id']}`)
  return body['key']
}
