import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'

const [old, young] = ['k1', 'k2'].map((id) => `${id}:${randomBytes(32).toString('base64')}`)

it('after the look-up key was changed, what is told again is known: requests, batches, notices', async () => {
  const outside = await openOutside()
  const { url: databaseUrl } = await freshDatabase()
  const keys = { 'Idempotency-Key': 'order-42' }
  const before = await openHouse({ outside, databaseUrl, env: { LOOKUP_KEYS: String(old) } })
  const order = { referenceId: 'user_1', contact: { phone: '+15125550123' }, reminders: null, variables: { a: 'ñ' } }
  const batch = { items: [{ ...order, referenceId: 'user_2' }] }
  const [first, firstBatch] = await Promise.all([
    before.call('POST', '/v1/dispatches', order, keys),
    before.call('POST', '/v1/dispatches/batch', batch, keys),
  ])
  await before.settled()
  outside.world.completeOperation({ referenceId: 'user_1' })
  await outside.world.idle()
  await before.settled()
  const told = await before.timeline(first.body['id'])
  await before.close()

  const after = await openHouse({ outside, databaseUrl, env: { LOOKUP_KEYS: `${young},${old}` } })
  const [again, againBatch, other] = await Promise.all([
    after.call('POST', '/v1/dispatches', order, keys),
    after.call('POST', '/v1/dispatches/batch', batch, keys),
    after.call('POST', '/v1/dispatches', { ...order, locale: 'es' }, keys),
  ])
  for (const { id } of outside.world.deliveries()) outside.world.replay(id)
  await outside.world.idle()
  await after.settled()

  expect([again.status, again.text]).toEqual([202, first.text])
  expect(againBatch.body['items'][0].dispatch).toEqual(firstBatch.body['items'][0].dispatch)
  expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused'])
  expect(told).toContain('operation.created')
  expect(await after.timeline(first.body['id'])).toEqual(told)
})
