import { describe, expect, it } from 'vitest'
import type { Hold } from '../../src/domain/hold.ts'
import { liftHold, placeHold, probeHolds } from '../../src/flow/hold.ts'
import { aHold, fakeHolds, inMs, NOON } from '../support/fakes.ts'

function stage(holds: Hold[] = [], partnerAnswers = true) {
  const told: object[] = []
  let woken = 0
  let fences = 0
  const memory = fakeHolds({ holds })
  const ports = {
    holds: memory.store,
    stops: {
      async fenceAll() {
        fences++
      },
    },
    catchUp: async () => partnerAnswers,
    async tell(what: object) {
      told.push(what)
    },
    wake: () => {
      woken++
    },
  }
  return { ports, told, fences: () => fences, woken: () => woken, inForce: memory.inForce }
}
const order = {
  scope: 'provider',
  value: 'twilio',
  reason: 'bad_credentials',
  placedBy: 'service',
  probeAfterMs: 30_000,
} as const

describe('placing a hold', () => {
  it('tells of it once, however often it is placed', async () => {
    const { ports, told, inForce } = stage()

    const first = await placeHold(ports, order)
    const second = await placeHold(ports, order)

    expect(second).toBe(first)
    expect(inForce()).toHaveLength(1)
    expect(told).toEqual([
      { type: 'hold_placed', scope: 'provider', value: 'twilio', reason: 'bad_credentials', by: 'service' },
    ])
  })
})

it('a hold that a person placed is answered only when nothing it stops may start any more', async () => {
  const { ports, fences } = stage()

  await placeHold(ports, order)
  const byService = fences()
  await placeHold(ports, { ...order, scope: 'all', value: '*', placedBy: 'maria' })

  expect([byService, fences()]).toEqual([0, 1])
})

describe('lifting a hold', () => {
  it('tells who did it, and wakes the pump', async () => {
    const hold = aHold('channel', 'sms')
    const { ports, told, woken, inForce } = stage([hold])

    expect(await liftHold(ports, hold.id, 'maria')).toBe(hold)

    expect(inForce()).toEqual([])
    expect(told).toEqual([{ type: 'hold_lifted', scope: 'channel', value: 'sms', reason: 'test', by: 'maria' }])
    expect(woken()).toBe(1)
  })

  it('is nothing when it was lifted before', async () => {
    const { ports, told, woken } = stage()

    expect(await liftHold(ports, 'gone', 'maria')).toBeNull()

    expect([told, woken()]).toEqual([[], 0])
  })
})

describe('probing', () => {
  const due = { probeAt: NOON }

  it('leaves a held provider to its next message', async () => {
    const { ports, inForce } = stage([aHold('provider', 'twilio', due)])

    await probeHolds(ports)

    expect(inForce()).toHaveLength(1)
  })

  it("lifts the partner's hold when it is known what was opened meanwhile", async () => {
    const { ports, inForce } = stage([aHold('partner', '*', due)])

    await probeHolds(ports)

    expect(inForce()).toEqual([])
  })

  it("asks again later while the partner's door is shut", async () => {
    const { ports, inForce, told } = stage([aHold('partner', '*', due)], false)

    await probeHolds(ports)

    expect(inForce()).toMatchObject([{ scope: 'partner', probeAt: inMs(NOON, 30_000) }])
    expect(told).toEqual([])
  })

  it.each([
    ['a person placed', null],
    ['is not due for a probe', inMs(NOON, 1)],
  ])('leaves a hold alone that %s', async (_, probeAt) => {
    const { ports, inForce } = stage([aHold('provider', 'twilio', { probeAt })])

    await probeHolds(ports)

    expect(inForce()).toHaveLength(1)
  })
})
