import { describe, expect, it } from 'vitest'
import { checkCampaign } from '../../chaos/campaign-checks.ts'
import type { CampaignSeen } from '../../chaos/campaign-seen.ts'
import type { Arrival, FoundAttempt, History } from '../../chaos/history.ts'

const START = 1_000_000
const LIMIT = 60
const ana = '+15122000000'

const arrival = (change: Partial<Arrival> = {}): Arrival => ({
  at: START + 1_000,
  worldAt: START + 1_000,
  channel: 'sms',
  to: ana,
  dispatchId: 'd0',
  step: 1,
  attempt: 1,
  kind: 'first',
  linkId: 'l0',
  ...change,
})
const attempt = (change: Partial<FoundAttempt> = {}): FoundAttempt => ({
  dispatchId: 'd0',
  step: 1,
  n: 1,
  channel: 'sms',
  to: ana,
  outcome: 'accepted',
  reason: null,
  startBy: START + 900,
  claimedAt: START + 800,
  receipt: null,
  ...change,
})
const history = (change: Partial<History> = {}): History => ({
  posts: [],
  arrivals: [arrival()],
  opened: [],
  stopped: [],
  faults: [],
  links: [],
  creates: { at: evenly(LIMIT), limit: LIMIT },
  found: {
    dispatches: [
      { id: 'd0', reference: 'p0', status: 'sent', category: 'commercial', timeZone: 'UTC', ends: [], carried: [] },
    ],
    steps: [{ dispatchId: 'd0', n: 1, kind: 'first', status: 'handed', reason: null }],
    attempts: [attempt()],
    feed: { unnumbered: 0, outOfLine: 0 },
  },
  sometimes: {},
  atRest: true,
  unfinished: [],
  ...change,
})

/** So many creations each minute, for three. */
const evenly = (aMinute: number) => Array.from({ length: aMinute * 3 }, (_, n) => START + (n * 60_000) / aMinute)

const told = (change: { handed?: number; opened?: number; waiting?: number } = {}) => ({
  audience: { planned: 2, accepted: 1, heldOut: 1, waiting: change.waiting ?? 0 },
  people: { handed: change.handed ?? 1, opened: change.opened ?? 0, openedSuspect: 0 },
  messages: { handed: 1 },
})
const single = (ms: number | null) => ({
  post: { key: 'single-0', reference: 'single-0', tries: 1, ids: ['s0'] },
  phone: '+13122000000',
  postedAt: START,
  arrivedAt: ms === null ? null : START + ms,
})
const seen = (change: Partial<CampaignSeen> = {}): CampaignSeen => ({
  history: history(),
  people: [
    { reference: 'p0', line: 2, row: 'good', addresses: [ana] },
    { reference: 'p1', line: 3, row: 'good', addresses: ['+15122000001'] },
    { reference: 'p2', line: 4, row: 'bad', addresses: ['+15122000002'] },
    { reference: 'p0', line: 5, row: 'doubled', addresses: ['+15126000003'] },
  ],
  suppressed: new Set(),
  owners: new Map([
    [ana, 'p0'],
    ['+15122000001', 'p1'],
  ]),
  rows: new Map([
    ['p0', { status: 'accepted', reason: null }],
    ['p1', { status: 'held_out', reason: 'holdout' }],
  ]),
  singles: [single(900)],
  pauses: [{ answeredAt: START + 5_000, resumedAt: START + 9_000 }],
  kills: [],
  backlog: [{ from: START, to: START + 180_000 }],
  provider: { name: 'twilio', channel: 'sms', units: 1, perMs: 10_000 },
  upload: { rows: 4, taken: 2, known: 0, doubled: 1, refused: 1 },
  refused: [
    { line: 4, reason: 'is not a phone number' },
    { line: 5, reason: 'stands in line 2 already' },
  ],
  differences: [],
  compared: 2,
  endedFirst: 0,
  opened: 0,
  progress: told(),
  campaign: { status: 'finished' },
  ...change,
})
const arrivals = (...changes: Partial<Arrival>[]) => seen({ history: history({ arrivals: changes.map(arrival) }) })
const attempts = (...changes: Partial<FoundAttempt>[]) => {
  const { found } = history()
  return history({ found: { ...found, attempts: changes.map(attempt) } })
}
const broken = (planted: CampaignSeen) =>
  checkCampaign(planted)
    .filter(({ violations }) => violations.length > 0)
    .map(({ promise }) => promise)

describe('a campaign', () => {
  it('is as promised when everything was', () => {
    const findings = checkCampaign(seen())

    expect(findings.flatMap(({ violations }) => violations)).toEqual([])
    expect(findings.every(({ looked }) => looked > 0)).toBe(true)
  })

  it.each<[string, string[], CampaignSeen]>([
    ['somebody got nothing', ['C1', 'C6'], arrivals()],
    ['somebody got two', ['C1', 'C3', 'C6'], arrivals({}, { step: 1, attempt: 2 })],
    ['somebody held out got one', ['C1', 'C3', 'C6'], arrivals({}, { to: '+15122000001', dispatchId: 'd1' })],
    ['somebody who had opted out got one', ['C1'], seen({ suppressed: new Set(['p0']) })],
    ['the address of a line that was not taken got one', ['C1', 'C3'], arrivals({}, { to: '+15122000002' })],
    ['somebody was forgotten', ['C1', 'C6'], seen({ rows: new Map([['p0', { status: 'accepted', reason: null }]]) })],
    ['the limit was hardly used', ['C2'], seen({ history: history({ creates: { at: evenly(50), limit: LIMIT } }) })],
    ['the provider got more than its limit', ['C1', 'C3', 'C6'], arrivals({}, { at: START + 9_000, attempt: 2 })],
    ['a message was claimed in the pause', ['C4'], seen({ history: attempts({ claimedAt: START + 6_000 }) })],
    ['counters were wrong', ['C5'], seen({ differences: ['person sent: off by 1'] })],
    ['progress told of somebody who had got nothing', ['C6'], seen({ progress: told({ handed: 2 }) })],
    ['progress forgot an open', ['C6'], seen({ opened: 1 })],
    ['a single came late', ['C7'], seen({ singles: [single(2_001)] })],
    ['a single never came', ['C7'], seen({ singles: [single(null)] })],
    ['a bad line was not told of', ['C8'], seen({ refused: [{ line: 5, reason: 'stands in line 2 already' }] })],
    ['a bad line was taken', ['C8'], seen({ upload: { rows: 4, taken: 3, known: 0, doubled: 1, refused: 0 } })],
    ['it still runs', ['C9'], seen({ campaign: { status: 'running' } })],
  ])('is not when %s', (_, promises, planted) => {
    expect([...new Set(broken(planted))]).toEqual(promises)
  })

  it('may leave unclear what a kill made unclear, and is otherwise exact', () => {
    const unclear = attempts({ outcome: 'ambiguous' })

    const nothing = broken(
      seen({ history: { ...unclear, arrivals: [] }, progress: { ...told({ handed: 0 }), messages: { handed: 0 } } }),
    )
    const two = broken(seen({ history: { ...unclear, arrivals: [arrival(), arrival({ at: START + 20_000 })] } }))
    const three = broken(
      seen({
        history: { ...unclear, arrivals: [0, 20_000, 40_000].map((ms) => arrival({ at: START + ms })) },
      }),
    )

    expect([nothing, two, three]).toEqual([[], [], ['C1', 'C6']])
  })

  it('may hand over what was on its way when the pause was answered', () => {
    const late = history({ arrivals: [arrival({ at: START + 5_500 })] })

    const onItsWay = broken(seen({ history: late }))
    const stillAllowed = { ...late, found: attempts({ startBy: START + 5_200 }).found }

    expect(onItsWay).toEqual([])
    expect(broken(seen({ history: stillAllowed }))).toEqual(['C4'])
  })

  it('tells singles near a kill apart', () => {
    expect(broken(seen({ singles: [single(4_000)], kills: [START + 1_000] }))).toEqual([])
    expect(broken(seen({ singles: [single(4_000)], kills: [START - 6_000] }))).toEqual(['C7'])
  })
})
