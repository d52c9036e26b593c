import type { CampaignStatus } from '../../src/domain/campaign.ts'
import type { Hold } from '../../src/domain/hold.ts'
import type { CampaignPorts, StartPorts } from '../../src/flow/campaign.ts'
import type { Campaign, CampaignStore, NewCampaign } from '../../src/flow/ports-campaign.ts'
import type { RecurrenceStore } from '../../src/flow/ports-recur.ts'
import type { HoldStore } from '../../src/flow/ports-store.ts'
import { newUuid } from '../../src/lib/id.ts'
import { aCampaign } from './campaigns.ts'
import { aHold, NOON } from './fakes.ts'

export type CampaignWish = Partial<NewCampaign> & Partial<Pick<Campaign, 'status' | 'open' | 'waiting' | 'startedAt'>>

/** Campaigns and holds in memory, with what was asked of the world beside them, in order. */
export function fakeCampaigns(wishes: CampaignWish[] = []) {
  const log: string[] = []
  const rows = new Map<string, Campaign>()
  const held: Hold[] = []
  const add = (wish: CampaignWish) => {
    const campaign = aStored(wish)
    rows.set(campaign.id, campaign)
    return campaign
  }
  for (const wish of wishes) add(wish)
  const move = (id: string, from: CampaignStatus[], to: Partial<Campaign>) => {
    const row = rows.get(id)
    if (!row || !from.includes(row.status)) return false
    Object.assign(row, to)
    return true
  }
  const holdOf = (id: string) => held.find(({ scope, value }) => scope === 'campaign' && value === id) ?? null
  const campaigns: CampaignStore = {
    async create(campaign) {
      const { recurrence } = campaign
      const twin = [...rows.values()].some(
        (one) => recurrence && one.recurrence?.id === recurrence.id && +one.recurrence.firesAt === +recurrence.firesAt,
      )
      if (twin) return false
      add(campaign)
      log.push('create')
      return true
    },
    async createOnce(campaign, { show }) {
      add(campaign)
      return { kind: 'made', answer: { status: 201, ...show(NOON) } }
    },
    async one(id) {
      const row = rows.get(id)
      return row ? { ...row, hold: holdOf(id) } : null
    },
    list: async () => [...rows.values()],
    change: async (campaign) => move(campaign.id, ['draft'], campaign),
    async start(id) {
      log.push('start')
      return move(id, ['draft'], { status: 'running', startedAt: NOON })
    },
    async cancel(id, { reason }) {
      log.push('cancel')
      return move(id, ['draft', 'running'], { status: 'cancelled', reason })
    },
    outlook: async () => ({
      nextRowAt: null,
      inHand: false,
      nextStep: null,
      paceAt: null,
      slotAt: null,
      now: NOON,
    }),
  }
  const ports: CampaignPorts & StartPorts = {
    campaigns,
    holds: fakeHolds(held, log),
    stops: {
      async fenceAll() {
        log.push('fence')
      },
    },
    tell: async ({ type }) => void log.push(type),
    wake: () => void log.push('wake'),
    render: { has: (name) => name.startsWith('magic-link') },
    codesBase: null,
    defaults: { linkMaxMinutes: 10_080 },
    endsLate: async () => false,
    now: () => NOON,
    newId: newUuid,
  }
  return { ports, log, held, rows }
}

const aStored = ({ status = 'draft', open = 0, waiting = 1, startedAt = null, ...wish }: CampaignWish): Campaign => ({
  ...aCampaign(wish),
  status,
  open,
  waiting,
  startedAt,
  reason: null,
  lane: 2,
  revokeLinks: false,
  createdAt: NOON,
  endedAt: null,
  hold: null,
})

function fakeHolds(held: Hold[], log: string[]): HoldStore {
  return {
    list: async () => held,
    current: async () => held,
    async place({ scope, value, ...order }) {
      const before = held.find((one) => one.scope === scope && one.value === value)
      if (before) return { hold: before, fresh: false }
      log.push('place')
      const hold = aHold(scope, value, { reason: order.reason, placedBy: order.placedBy })
      held.push(hold)
      return { hold, fresh: true }
    },
    async lift(id) {
      const at = held.findIndex((one) => one.id === id)
      log.push('lift')
      return at < 0 ? null : (held.splice(at, 1)[0] ?? null)
    },
    dueProbes: async () => [],
    takeProbe: async () => false,
    postpone: async () => undefined,
  }
}

/** No recurrence there, and none that is kept. */
export const noRecurrences: RecurrenceStore = {
  create: async () => undefined,
  createOnce: async (_, { show }) => ({ kind: 'made', answer: { status: 201, ...show(NOON) } }),
  one: async () => null,
  list: async () => [],
  stop: async () => false,
  due: async () => [],
  moveOn: async () => false,
  takeDraft: async () => null,
  keepDraft: async () => undefined,
  giveDraft: async () => undefined,
}
