import { describe, expect, it } from 'vitest'
import { waitsUntil, windowLeftMs } from '../../src/flow/window.ts'
import { HOUR } from '../support/builders.ts'
import { aWork, NIGHT, NOON, type WorkWish } from '../support/fakes.ts'

const MORNING = new Date('2026-11-18T15:00:00Z')
const commercial = { category: 'commercial' } as const
const campaign = { campaignId: 'campaign-1' }
const colombian = { contact: { phone: '+573001234567' }, dispatch: { timeZone: 'America/Bogota' } }

describe('when a step may leave', () => {
  it.each([
    ['a first message of a single transactional dispatch', {}, true],
    ['what a person asked for', { kind: 'resend' }, true],
    ['a reminder', { kind: 'reminder' }, false],
    ['a commercial first message', { dispatch: commercial }, false],
    ['a first message of a campaign', { dispatch: campaign }, false],
    ['the surface, which disturbs nobody', { channel: 'in_app', kind: 'reminder' }, true],
    ['a first message where the rules exempt nothing', { ...colombian }, false],
  ] as [string, WorkWish, boolean][])('at night: %s', (_, wish, leaves) => {
    const work = aWork({ now: NIGHT, ...wish })

    expect(waitsUntil(work, 'UTC', 0) === null).toBe(leaves)
  })

  it('is now, in the window', () => {
    expect(waitsUntil(aWork({ kind: 'reminder' }), 'UTC', 0)).toBeNull()
  })

  it('is the opening, spread over a quarter of an hour', () => {
    const work = aWork({ kind: 'reminder', now: NIGHT })

    expect(waitsUntil(work, 'UTC', 0)).toEqual(MORNING)
    expect(waitsUntil(work, 'UTC', 0.5)).toEqual(new Date(MORNING.getTime() + 7.5 * 60_000))
  })

  it.each([
    ['the zone the request named', { timeZone: 'Asia/Tokyo', zoneGiven: true }, true],
    ['the number plan, where no zone was named', { timeZone: 'Asia/Tokyo', zoneGiven: false }, false],
  ])('goes by the clock of %s', (_, dispatch, openInTokyo) => {
    const inTokyo = new Date('2026-11-18T03:00:00Z')

    expect(waitsUntil(aWork({ kind: 'reminder', now: inTokyo, dispatch }), 'UTC', 0) === null).toBe(openInTokyo)
  })

  it('goes by the zone of the dispatch where a mailbox tells nothing', () => {
    const dispatch = { timeZone: 'Asia/Tokyo', zoneGiven: false }
    const contact = { email: 'ana@example.com' }
    const inTokyo = new Date('2026-11-18T03:00:00Z')

    expect(waitsUntil(aWork({ kind: 'reminder', now: inTokyo, dispatch, contact }), 'America/Chicago', 0)).toBeNull()
  })
})

describe('how long a provider may hold a message', () => {
  it('is until the window closes', () => {
    expect(windowLeftMs(aWork({ kind: 'reminder' }), 'UTC')).toBe(9 * HOUR)
  })

  it('is as long as the link lives for what may leave at any hour', () => {
    expect(windowLeftMs(aWork({ now: NOON }), 'UTC')).toBe(Number.POSITIVE_INFINITY)
  })
})
