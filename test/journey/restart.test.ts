import { expect, it } from 'vitest'
import { BACKENDS, openHouse, type Sent } from '../support/house.ts'
import { openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'
import { queuesOf } from '../support/queues.ts'
import { redisPrefix } from '../support/redis.ts'

const REQUESTS = 200

it.each(BACKENDS)(
  'stopped under load and started again, it sends what it accepted, once (queues in %s)',
  async (queues) => {
    const outside = await openOutside()
    const { url: databaseUrl } = await freshDatabase()
    const options = { outside, databaseUrl, queues, queuePrefix: redisPrefix() }
    const before = await openHouse(options)
    const door = await queuesOf(before, queues)
    await door.pause('email')
    outside.world.faults.arm('partner.create', { kind: 'slow_before', delayMs: 100, count: REQUESTS })

    const accepted: Sent[] = []
    const answers = Array.from({ length: REQUESTS }, async (_, i) => {
      accepted.push(await before.accept({ channels: [i % 2 ? 'sms' : 'email'], reminders: null }))
      if (accepted.length === REQUESTS / 2) void before.app.stop()
    })
    await Promise.allSettled(answers)
    await before.app.stop()
    const early = outside.world.mailbox.all().length
    const after = await openHouse(options)
    await door.resume('email')
    await after.settled()

    expect(early).toBeLessThan(accepted.length)
    expect(accepted.map((dispatch) => after.inbox(dispatch).length)).toEqual(accepted.map(() => 1))
    expect(outside.world.mailbox.all()).toHaveLength(accepted.length)
  },
)
