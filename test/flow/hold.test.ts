import { describe, expect, it } from 'vitest'
import type { Hold } from '../../src/domain/hold.ts'
import { liftHold, placeHold, probeHolds } from '../../src/flow/hold.ts'
import type { PartnerAnswer } from '../../src/flow/ports.ts'
import { aHold, fakeHolds, fakePartner, inMs, NOON, ok } from '../support/fakes.ts'

function stage(holds: Hold[] = [], activeLinks: PartnerAnswer<never[]> = ok([])) {
  const told: object[] = []
  let woken = 0
  const memory = fakeHolds({ holds })
  const { partner } = fakePartner({ activeLinks })
  const ports = {
    holds: memory.store,
    partner,
    async tell(what: object) {
      told.push(what)
    },
    wake: () => {
      woken++
    },
  }
  return { ports, told, woken: () => woken, inForce: memory.inForce }
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

  it('gives a held provider its next message', async () => {
    const { ports, inForce, told } = stage([aHold('provider', 'twilio', due)])

    await probeHolds(ports)

    expect(inForce()).toEqual([])
    expect(told).toMatchObject([{ type: 'hold_lifted', by: 'probe' }])
  })

  it("lifts the partner's hold when the partner answers", async () => {
    const { ports, inForce } = stage([aHold('partner', '*', due)])

    await probeHolds(ports)

    expect(inForce()).toEqual([])
  })

  it("asks again later while the partner's door is shut", async () => {
    const { ports, inForce, told } = stage([aHold('partner', '*', due)], { kind: 'shut', code: 'PARTNER_SUSPENDED' })

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
