import { describe, expect, it } from 'vitest'
import { type CampaignFacts, earliestOf, shownStatus } from '../../src/domain/campaign.ts'

const NOW = new Date('2026-12-01T09:00:00Z')
const RUNNING: CampaignFacts = {
  status: 'running',
  startAt: null,
  localStart: null,
  isHeld: false,
  open: 0,
  waiting: 5,
}

describe('what is shown of a campaign', () => {
  it.each<[string, Partial<CampaignFacts>, string]>([
    ['a draft', { status: 'draft' }, 'draft'],
    ['a draft that is held', { status: 'draft', isHeld: true }, 'draft'],
    ['one that was started', {}, 'running'],
    ['one that starts later', { startAt: new Date('2026-12-01T09:00:01Z') }, 'scheduled'],
    ['one whose start has come', { startAt: NOW }, 'running'],
    ['one before ten o’clock anywhere', { localStart: '2026-12-02T10:00' }, 'scheduled'],
    ['one after ten o’clock on the first islands', { localStart: '2026-12-01T22:59' }, 'running'],
    ['one that is held', { isHeld: true }, 'paused'],
    ['one that is held before its start', { isHeld: true, startAt: new Date('2027-01-01T00:00:00Z') }, 'paused'],
    ['a cancelled one with rows', { status: 'cancelled' }, 'cancelling'],
    ['a cancelled one with dispatches', { status: 'cancelled', waiting: 0, open: 1 }, 'cancelling'],
    ['a cancelled one', { status: 'cancelled', waiting: 0, isHeld: true }, 'cancelled'],
    ['a finished one', { status: 'finished', waiting: 0 }, 'finished'],
  ])('%s', (_, facts, shown) => {
    expect(shownStatus({ ...RUNNING, ...facts }, NOW)).toBe(shown)
  })

  it('a local time begins on earth where clocks are fourteen hours ahead', () => {
    expect(earliestOf('2026-12-01T23:00')).toEqual(NOW)
  })
})
