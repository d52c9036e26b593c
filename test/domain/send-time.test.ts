import { describe, expect, it } from 'vitest'
import { instantOf, sendTime } from '../../src/domain/send-time.ts'

const at = (local: string) => Date.parse(`${local}Z`)
const NOW = new Date('2026-03-01T12:00:00Z')

describe('the instant of a local time', () => {
  it.each([
    ['on an ordinary day', 'America/Chicago', '2026-06-01T10:00', '2026-06-01T15:00Z'],
    ['far ahead of UTC', 'Pacific/Kiritimati', '2026-06-01T10:00', '2026-05-31T20:00Z'],
    ['far behind it', 'Pacific/Pago_Pago', '2026-06-01T23:30', '2026-06-02T10:30Z'],
    ['that clocks skip in spring is the next there is', 'America/New_York', '2026-03-08T02:30', '2026-03-08T07:00Z'],
    ['at the end of the gap', 'America/New_York', '2026-03-08T03:00', '2026-03-08T07:00Z'],
    ['that clocks show twice in autumn is the first', 'America/New_York', '2026-11-01T01:30', '2026-11-01T05:30Z'],
    ['after the second', 'America/New_York', '2026-11-01T02:00', '2026-11-01T07:00Z'],
    ['where clocks change by half an hour', 'Australia/Lord_Howe', '2026-10-04T02:15', '2026-10-03T15:30Z'],
    ['of a day that was left out', 'Pacific/Apia', '2011-12-30T10:00', '2011-12-30T10:00Z'],
  ])('%s', (_, zone, local, instant) => {
    expect(new Date(instantOf(zone, at(local)))).toEqual(new Date(instant))
  })
})

describe('when a message may first leave', () => {
  const beginning = (startAt: string | null, localStart: string | null = null) => ({
    startAt: startAt === null ? null : new Date(startAt),
    localStart,
  })
  it.each([
    ['at once, where nothing is said', beginning(null), null, '2026-03-01T12:00Z'],
    ['at the instant', beginning('2026-03-02T08:00Z'), null, '2026-03-02T08:00Z'],
    ['at once, where the instant has passed', beginning('2026-02-01T08:00Z'), null, '2026-03-01T12:00Z'],
    ['at the local time', beginning(null, '2026-03-02T10:00'), null, '2026-03-02T16:00Z'],
    ['at once, where the local time has passed', beginning(null, '2026-03-01T05:00'), null, '2026-03-01T12:00Z'],
    ['at the variant’s hour of the day of the start', beginning('2026-03-02T14:30Z'), 18, '2026-03-03T00:00Z'],
    ['on the next day, where the hour has passed', beginning('2026-03-02T18:30Z'), 9, '2026-03-03T15:00Z'],
    ['before the local time of the others', beginning(null, '2026-03-02T10:00'), 9, '2026-03-02T15:00Z'],
    ['today, where the hour is ahead', beginning(null), 9, '2026-03-01T15:00Z'],
    ['tomorrow, where it is not', beginning(null), 5, '2026-03-02T11:00Z'],
  ])('%s', (_, start, sendHour, instant) => {
    expect(sendTime(start, 'America/Chicago', sendHour, NOW)).toEqual(new Date(instant))
  })
})
