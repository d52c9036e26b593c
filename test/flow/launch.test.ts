import { describe, expect, it } from 'vitest'
import { failure } from '../../src/domain/failure.ts'
import type { Hold } from '../../src/domain/hold.ts'
import { type LaunchPorts, launch } from '../../src/flow/launch.ts'
import type { LaunchStore, WaitingRow } from '../../src/flow/ports-campaign.ts'
import type { AcceptAnswer, AcceptOrder } from '../../src/flow/ports-store.ts'
import { aCampaign, aPerson } from '../support/campaigns.ts'
import { aHold, fakeRenderer, inMs, MINUTE, NIGHT, NOON } from '../support/fakes.ts'

type Running = Awaited<ReturnType<LaunchStore['takeTurn']>>[number]

const running = (wish: Parameters<typeof aCampaign>[0] = {}): Running => ({
  ...aCampaign(wish),
  status: 'running',
  reason: null,
  lane: 7,
  revokeLinks: false,
  createdAt: NOON,
  startedAt: NOON,
  endedAt: null,
})

const aRow = (wish: Partial<WaitingRow> = {}): WaitingRow => ({
  referenceId: 'user_1',
  bucket: 5_000,
  timeZone: 'America/Chicago',
  zoneGiven: true,
  person: aPerson(),
  contact: { phone: '+15125550123' },
  ...wish,
})

interface World {
  campaign?: Running
  rows?: WaitingRow[]
  backlog?: number
  holds?: Hold[]
  missed?: string[]
  now?: Date
  answer?: (order: AcceptOrder) => AcceptAnswer
  ownLink?: Awaited<ReturnType<LaunchPorts['checkOwnLink']>>
}

async function launched(world: World = {}) {
  const { campaign = running(), rows = [aRow()], backlog = 0, now = NOON } = world
  const orders: AcceptOrder[] = []
  const dismissed: Parameters<LaunchStore['dismiss']>[0] = []
  const postponed: Parameters<LaunchStore['postpone']>[0] = []
  const asked: number[] = []
  const given: string[] = []
  const held: Parameters<LaunchPorts['hold']>[0][] = []
  const errors: unknown[] = []
  const launches: LaunchStore = {
    missed: async () => world.missed ?? [],
    takeTurn: async () => (held.length > 0 ? [] : [campaign]),
    giveTurn: async (ids) => void given.push(...ids),
    backlog: async (_, atMost) => Math.min(backlog, atMost),
    async due(_, { limit }) {
      asked.push(limit)
      return rows.slice(0, limit)
    },
    dismiss: async (gone) => void dismissed.push(...gone),
    postpone: async (later) => void postponed.push(...later),
    leaveOut: async () => 0,
    finish: async () => [],
    toCancel: async () => [],
  }
  const ports: LaunchPorts = {
    launches,
    holds: { current: async () => world.holds ?? [] },
    hold: async (order) => void held.push(order),
    intake: {
      async accept(order) {
        orders.push(order)
        return world.answer?.(order) ?? { kind: 'accepted', superseded: [] }
      },
      cohort: async () => 3,
      replay: async () => null,
      recipient: async () => null,
    },
    stops: { fence: async () => undefined },
    render: fakeRenderer(),
    missingVariables: () => [],
    checkOwnLink: async () => world.ownLink ?? { requestedMs: 60 * MINUTE },
    codesBase: null,
    defaults: {
      locale: 'en',
      timeZone: 'America/New_York',
      channels: ['sms', 'email'],
      remindersAfterMs: [],
      fallBackMs: 10 * MINUTE,
      linkMaxMinutes: 10_080,
    },
    now: () => now,
    newId: () => `id-${orders.length}`,
    wake: () => undefined,
    random: () => 0,
    onError: (error) => errors.push(error),
  }
  const more = await launch(ports)
  return { more, orders, dismissed, postponed, asked, given, held, errors }
}

describe('a row whose time has come', () => {
  it('becomes a dispatch of its campaign, as its variant, by its own row', async () => {
    const campaign = running({ plan: { variables: { amount: 1, city: 'Lima' }, template: 'magic-link' } })
    const row = aRow({ person: aPerson({ variables: { amount: 2 }, metadata: { crm: 'x' } }) })

    const { orders, given } = await launched({ campaign, rows: [row] })

    expect(orders).toMatchObject([
      {
        audience: { campaignId: campaign.id, referenceId: 'user_1' },
        idempotency: null,
        dispatch: {
          campaignId: campaign.id,
          cohort: 3,
          lane: 7,
          sendAt: null,
          person: { variables: { amount: 2, city: 'Lima' }, metadata: { crm: 'x' } },
        },
      },
    ])
    expect(given).toEqual([campaign.id])
  })

  it('takes channels from the row, else from the variant', async () => {
    const variants = [{ name: 'mail', weight: 1, channels: ['email' as const] }]
    const campaign = running({ plan: { variants, channels: ['sms'] } })
    const own = aRow({ referenceId: 'user_2', person: aPerson({ channels: ['sms'] }) })

    const { orders } = await launched({ campaign, rows: [aRow(), own] })

    expect(orders.map(({ dispatch }) => dispatch.channels)).toEqual([['email'], ['sms']])
  })

  it('is held out by its bucket, and no dispatch is made', async () => {
    const campaign = running({ plan: { holdout: 0.5 } })

    const { orders, dismissed } = await launched({
      campaign,
      rows: [aRow({ bucket: 4_999 }), aRow({ referenceId: 'user_2' })],
    })

    expect(dismissed).toEqual([
      { campaignId: campaign.id, referenceId: 'user_1', status: 'held_out', reason: 'holdout' },
    ])
    expect(orders).toHaveLength(1)
  })

  it.each([
    ['it is refused for good', { answer: () => ({ kind: 'active' as const, id: 'other' }) }, 'dispatch_active'],
    ['its person cannot be reached', { rows: [aRow({ person: aPerson({ contact: {} }) })] }, 'contact_missing'],
  ])('is told to be refused, and why: %s', async (_, world, reason) => {
    const { dismissed } = await launched(world)

    expect(dismissed).toMatchObject([{ status: 'refused', reason }])
  })

  it('that somebody else has taken is nobody’s any more', async () => {
    const { dismissed, postponed } = await launched({ answer: () => ({ kind: 'taken' }) })

    expect([dismissed, postponed]).toEqual([[], []])
  })

  it('waits as a row until its window opens', async () => {
    const { orders, postponed } = await launched({ now: NIGHT })

    expect(orders).toEqual([])
    expect(postponed).toMatchObject([{ until: new Date('2026-11-18T15:00:00Z') }])
  })

  it('waits for the hours of its campaign', async () => {
    const ownWindow = { from: '17:00', to: '18:00', days: [1, 2, 3, 4, 5] }

    const { postponed } = await launched({ campaign: running({ ownWindow }) })

    expect(postponed).toMatchObject([{ until: new Date('2026-11-18T23:00:00Z') }])
  })

  it('is left out where the hours of its campaign and the law never meet', async () => {
    const ownWindow = { from: '03:00', to: '04:00', days: [1] }

    const { dismissed } = await launched({ campaign: running({ ownWindow }) })

    expect(dismissed).toMatchObject([{ status: 'left_out', reason: 'window_never_open' }])
  })

  it('is tried again where the partner could not be asked about its link', async () => {
    const person = aPerson({
      ownLink: { linkId: 'l', url: 'https://links.example.com/l', expiresAt: inMs(NOON, 60 * MINUTE) },
    })

    const { postponed, dismissed } = await launched({
      rows: [aRow({ person })],
      ownLink: { failure: failure('partner_unavailable') },
    })

    expect(postponed).toMatchObject([{ until: inMs(NOON, MINUTE) }])
    expect(dismissed).toEqual([])
  })

  it('that stumbles neither stops the others nor is lost', async () => {
    const bug = new Error('a bug')
    const answer = ({ dispatch }: AcceptOrder): AcceptAnswer => {
      if (dispatch.referenceId === 'user_1') throw bug
      return { kind: 'accepted', superseded: [] }
    }

    const { errors, orders, postponed } = await launched({ rows: [aRow(), aRow({ referenceId: 'user_2' })], answer })

    expect(errors).toEqual([bug])
    expect(orders).toHaveLength(2)
    expect(postponed).toMatchObject([{ referenceId: 'user_1', until: inMs(NOON, MINUTE) }])
  })
})

describe('a turn', () => {
  const rows = Array.from({ length: 600 }, (_, i) => aRow({ referenceId: `user_${i}` }))

  it.each([
    [0, 500, true],
    [900, 100, true],
    [1_000, undefined, false],
  ])('with %i steps due takes up to %s rows', async (backlog, limit, more) => {
    const turn = await launched({ rows, backlog })

    expect(turn.asked[0]).toBe(limit)
    expect(turn.orders).toHaveLength(limit ?? 0)
    expect(turn.more).toBe(more)
  })

  it.each([
    [84, 0, 84],
    [84, 80, 4],
    [1, 0, 5],
    [5_000, 0, 500],
  ])(
    'at %i messages an hour, with %i due, takes up to %i rows: none is to wait until it is stale',
    async (perHour, backlog, limit) => {
      const { asked } = await launched({ campaign: running({ perHour }), rows, backlog })

      expect(asked).toEqual([limit])
    },
  )

  it('holds a campaign whose time nobody met, and tells a person by it', async () => {
    const { held, orders } = await launched({ missed: ['a-campaign'] })

    expect(held).toEqual([{ scope: 'campaign', value: 'a-campaign', reason: 'start_missed', probeAfterMs: null }])
    expect(orders).toEqual([])
  })

  it('that took all says so', async () => {
    const { more } = await launched()

    expect(more).toBe(false)
  })

  it('does nothing while everything is held', async () => {
    const { orders, asked } = await launched({ holds: [aHold('all')] })

    expect([orders, asked]).toEqual([[], []])
  })
})
