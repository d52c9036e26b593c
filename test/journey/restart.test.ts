import { expect, it } from 'vitest'
import { BACKENDS, openHouse, type Sent } from '../support/house.ts'
import { openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'
import { redisPrefix } from '../support/redis.ts'

const REQUESTS = 200

it.each(BACKENDS)(
  'stopped under load and started again, it sends what it accepted, once (queues in %s)',
  async (queues) => {
    const outside = await openOutside()
    const { url: databaseUrl } = await freshDatabase()
    const options = { outside, databaseUrl, queues, queuePrefix: redisPrefix() }
    const before = await openHouse(options)
    outside.world.faults.arm('partner.create', { kind: 'slow_before', delayMs: 100, count: REQUESTS })

    const answers: Promise<Sent>[] = []
    for (let i = 0; i < REQUESTS; i++) answers.push(before.accept({ channels: ['sms'], reminders: null }))
    await Promise.race(answers)
    await before.app.stop()
    const accepted = (await Promise.allSettled(answers)).flatMap((one) =>
      one.status === 'fulfilled' ? [one.value] : [],
    )
    const early = outside.world.mailbox.all().length
    const after = await openHouse(options)
    await after.settled()

    expect(accepted.length).toBeGreaterThan(0)
    expect(early).toBeLessThan(accepted.length)
    expect(accepted.map((dispatch) => after.inbox(dispatch).length)).toEqual(accepted.map(() => 1))
    expect(outside.world.mailbox.all()).toHaveLength(accepted.length)
  },
)
