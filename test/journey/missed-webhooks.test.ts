import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'
import { withClient } from '../support/queues.ts'

it('asks the partner what was opened while nobody listened, before any reminder goes out', async () => {
  const outside = await openOutside()
  const { url: databaseUrl } = await freshDatabase()
  const before = await openHouse({ outside, databaseUrl })
  const dispatch = await before.accept({ channels: ['sms'], reminders: { after: ['PT1H'] } })
  await before.settled()
  await before.close()
  await withClient(databaseUrl, async (client) => {
    await client.query("update app.heartbeat set beaten_at = beaten_at - interval '1 minute'")
    await client.query("update app.step set due_at = now() where kind = 'reminder'")
  })
  await outside.world.openLink({ referenceId: dispatch.referenceId })

  const after = await openHouse({ outside, databaseUrl })
  await after.settled()

  expect(await after.get(dispatch.id)).toMatchObject({ status: 'opened' })
  expect(after.inbox(dispatch)).toHaveLength(1)
})

it('holds everything back while the partner cannot say what was opened', async () => {
  const outside = await openOutside()
  const { url: databaseUrl } = await freshDatabase()
  const before = await openHouse({ outside, databaseUrl })
  const dispatch = await before.accept({ channels: ['sms'], reminders: { after: ['PT1H'] } })
  await before.settled()
  await before.close()
  await withClient(databaseUrl, async (client) => {
    await client.query("update app.heartbeat set beaten_at = beaten_at - interval '1 minute'")
    await client.query("update app.step set due_at = now() where kind = 'reminder'")
  })
  outside.world.suspend()

  const after = await openHouse({ outside, databaseUrl })

  expect(await after.call('GET', '/v1/holds')).toMatchObject({
    body: { items: [{ scope: 'partner', reason: 'events_missed', placedBy: 'service' }] },
  })
  expect(after.inbox(dispatch)).toHaveLength(1)
})
