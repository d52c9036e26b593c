import { expect, it } from 'vitest'
import { quarantine } from '../../src/flow/quarantine.ts'
import { aSettlement } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool } = house
const ports = { steps: store.steps, deliveries: store.deliveries, alert: async () => undefined }

/** Takes the step up as a worker does, and dies: the lease runs out, and somebody looks. */
async function dieWith(dispatchId: string, { begun = true } = {}): Promise<void> {
  const turn = await house.take(dispatchId)
  if (begun) await store.deliveries.begin(turn)
  await pool.query('update step set lease_until = clock_timestamp() where dispatch_id = $1 and n = 1', [dispatchId])
  await store.steps.expireLeases()
}

it('a step that took five workers with it is taken up no more, and its dispatch says why', async () => {
  const { id } = await house.accept()
  for (let death = 1; death <= 4; death += 1) await dieWith(id)
  await quarantine(ports)
  const before = await house.step(id)

  await dieWith(id)
  await quarantine(ports)

  expect(before).toMatchObject({ status: 'pending', deaths: 4 })
  expect(await house.step(id)).toMatchObject({ status: 'failed', reason: 'poisoned' })
  expect(await house.dispatch(id)).toMatchObject({ status: 'failed', reason: 'poisoned' })
  expect(await house.events(id)).toEqual(['dispatch.accepted', 'message.failed', 'dispatch.failed'])
})

it('a step whose jobs were only lost is taken up for ever', async () => {
  const { id } = await house.accept()

  for (let loss = 1; loss <= 6; loss += 1) await dieWith(id, { begun: false })
  await quarantine(ports)

  expect(await house.step(id)).toMatchObject({ status: 'pending', deaths: 0 })
})

it('an outcome takes the deaths back', async () => {
  const { id } = await house.accept()
  for (let death = 1; death <= 4; death += 1) await dieWith(id)

  const turn = await house.take(id)
  await store.deliveries.begin(turn)
  await store.deliveries.settle(aSettlement(turn, { from: 'queued', to: 'pending', reason: 'all_held' }))

  expect(await house.step(id)).toMatchObject({ status: 'pending', deaths: 0 })
})
