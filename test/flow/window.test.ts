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

describe('the hours of a campaign', () => {
  const inHours = (from: string, to: string, days = [1, 2, 3, 4, 5, 6, 7]): WorkWish => ({
    kind: 'reminder',
    dispatch: { ...campaign, ownWindow: { from, to, days } },
  })

  it.each([
    ['within the legal ones are kept', inHours('13:00', '15:00'), '2026-11-18T19:00:00Z'],
    ['beyond the legal ones make none longer', { ...inHours('05:00', '23:00'), now: NIGHT }, '2026-11-18T15:00:00Z'],
    ['of another day are waited for', inHours('10:00', '12:00', [6]), '2026-11-21T16:00:00Z'],
  ] as [string, WorkWish, string][])('%s', (_, wish, opening) => {
    expect(waitsUntil(aWork(wish), 'UTC', 0)).toEqual(new Date(opening))
  })

  it('that are open now let a message leave, and close on the provider too', () => {
    const work = aWork(inHours('12:00', '14:30'))

    expect(waitsUntil(work, 'UTC', 0)).toBeNull()
    expect(windowLeftMs(work, 'UTC')).toBe(2.5 * HOUR)
  })

  it('that never meet the legal ones are looked at again after a month', () => {
    expect(waitsUntil(aWork(inHours('02:00', '03:00')), 'UTC', 0)).toEqual(new Date(NOON.getTime() + 30 * 24 * HOUR))
  })

  it('bind the first message of a transactional campaign too', () => {
    const { dispatch } = inHours('18:00', '19:00')

    expect(waitsUntil(aWork({ kind: 'first', ...(dispatch && { dispatch }) }), 'UTC', 0)).not.toBeNull()
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
