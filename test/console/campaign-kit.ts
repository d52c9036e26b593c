import type { CampaignDesk, DeskRefusal } from '../../src/console/campaigns/ports.ts'
import { USUAL_BRAKE } from '../../src/domain/campaign.ts'
import type { MessageTally, PersonTally, Tally } from '../../src/domain/funnel.ts'
import type { TestPerson } from '../../src/flow/campaign-test.ts'
import type { Estimate } from '../../src/flow/estimate.ts'
import { emptyTally } from '../../src/flow/estimate-tally.ts'
import type { Campaign, CampaignOutlook, PeopleSource, Upload } from '../../src/flow/ports-campaign.ts'
import type { FollowedUp, TakeBack } from '../../src/flow/ports-follow-up.ts'
import { showId } from '../../src/lib/id.ts'
import { ID, NOW, secondsAgo } from './moment.ts'

export const CAMPAIGN_ID = '019aab00-0000-7000-8000-00000000feed'
export const CAMPAIGN_PATH = `/campaigns/${showId('cmp', CAMPAIGN_ID)}`

/** What the pages asked of the desk. */
export interface DeskAsked {
  made: Record<string, unknown>[]
  changed: Record<string, unknown>[]
  verbs: [verb: string, order: unknown][]
  tested: TestPerson[]
  listed: PeopleSource[]
}

interface DeskFurniture {
  campaigns?: Campaign[]
  tallies?: Tally[]
  minutes?: { at: Date; sent: number }[]
  uploads?: Upload[]
  people?: FollowedUp[]
  takeBack?: TakeBack
  outlook?: Partial<CampaignOutlook>
  refusal?: DeskRefusal
  desk?: Partial<CampaignDesk>
}

/** A desk that answers from memory, and remembers what it was asked. */
export function aDesk({
  campaigns = [],
  tallies = [],
  minutes = [],
  uploads = [],
  people = [],
  takeBack,
  outlook = {},
  refusal,
  desk = {},
}: DeskFurniture = {}): { desk: CampaignDesk; deskAsked: DeskAsked } {
  const deskAsked: DeskAsked = { made: [], changed: [], verbs: [], tested: [], listed: [] }
  const done = () => refusal ?? { ok: true as const, campaign: campaigns[0] ?? aCampaignView() }
  const verb = (name: string) => async (_id: string, order?: unknown) => {
    deskAsked.verbs.push([name, order])
    return done()
  }
  const nothing = async () => undefined
  return {
    deskAsked,
    desk: {
      campaigns: {
        one: async (id) => campaigns.find((one) => one.id === id) ?? null,
        list: async ({ limit }) => campaigns.slice(0, limit),
        outlook: async () => ({ ...QUIET, ...outlook }),
      },
      tallies: { read: async () => tallies, minutes: async () => minutes },
      audiences: {
        uploads: async () => uploads,
        clear: async () => 0,
        page: async () => [],
        row: async () => null,
      },
      people: { page: async (_source, _after, limit) => people.slice(0, limit) },
      takeBacks: {
        begin: async (order) => void deskAsked.verbs.push(['takeBack', order]),
        one: async () => takeBack ?? null,
      },
      createsPerMinute: 95,
      versions: ['magic-link@3'],
      make: async (body) => {
        deskAsked.made.push(body as Record<string, unknown>)
        return done()
      },
      change: async (_id, body) => {
        deskAsked.changed.push(body as Record<string, unknown>)
        return done()
      },
      start: verb('start'),
      pause: verb('pause'),
      resume: verb('resume'),
      cancel: verb('cancel'),
      test: async (_campaign, seeds) => {
        deskAsked.tested.push(...seeds)
        return { sent: seeds.length, problems: [] }
      },
      takeList: async (_id, source) => {
        deskAsked.listed.push(source)
        return { ok: true, counts: { rows: 0, taken: 0, known: 0, doubled: 0, refused: 0 } }
      },
      estimate: async (campaign) => anEstimate({ campaign }),
      sample: async () => {
        throw new Error('this desk has no samples')
      },
      segments: () => ({ encoding: 'GSM-7', segments: 1, characters: 1 }),
      holdTemplate: async (value, placedBy) => {
        deskAsked.verbs.push(['hold', value])
        return {
          id: ID,
          scope: 'template',
          value,
          reason: 'taken back',
          placedBy,
          placedAt: secondsAgo(0),
          probeAt: null,
        }
      },
      preview: async () => ({ ok: false, message: 'No file.', errors: [] }),
      upload: async () => ({ ok: false, message: 'No file.', errors: [] }),
      download: {
        refused: nothing,
        'follow-up.csv': nothing,
        'follow-up.ndjson': nothing,
        'recipients.csv': nothing,
      },
      ...desk,
    },
  }
}

export const anEstimate = ({
  tally,
  ...change
}: Partial<Omit<Estimate, 'tally'>> & { tally?: Partial<Estimate['tally']> } = {}): Estimate => ({
  campaign: aCampaignView({ status: 'draft' }),
  at: NOW,
  tally: { ...emptyTally(), ...tally },
  limits: { createsPerMinute: 90, perHour: null, unitsPerMinute: new Map() },
  forecast: {
    firstAt: null,
    firstsEndAt: null,
    remindersEndAt: null,
    firsts: 0,
    reminders: 0,
    unsent: { firsts: 0, reminders: 0 },
    hours: [],
    sentOf: [],
  },
  late: 0,
  lateReminders: 0,
  linksAtRisk: 0,
  link: { url: 'https://example.com/link', assumed: false },
  holds: [],
  ...change,
})

const QUIET: CampaignOutlook = {
  nextRowAt: null,
  inHand: false,
  nextStep: null,
  paceAt: null,
  slotAt: null,
  now: secondsAgo(0),
}

export const aCampaignView = ({
  plan,
  ...change
}: Partial<Omit<Campaign, 'plan'>> & { plan?: Partial<Campaign['plan']> } = {}): Campaign => ({
  id: CAMPAIGN_ID,
  name: 'Spring transfer',
  category: 'commercial',
  plan: {
    template: 'magic-link',
    channels: ['sms', 'email'],
    link: {},
    ifActive: 'supersede',
    suspectOpens: 'stop',
    fallBackMs: null,
    variants: [],
    holdout: 0,
    variables: {},
    ...plan,
  },
  startAt: null,
  localStart: null,
  validUntil: null,
  ownWindow: null,
  perHour: null,
  brake: USUAL_BRAKE,
  recurrence: null,
  madeBy: 'operator',
  status: 'running',
  reason: null,
  lane: 2,
  revokeLinks: false,
  createdAt: secondsAgo(600),
  startedAt: secondsAgo(300),
  endedAt: null,
  hold: null,
  open: 0,
  waiting: 0,
  ...change,
})

export const aRowTally = (
  status: 'waiting' | 'accepted' | 'held_out' | 'refused' | 'left_out',
  n: number,
  reason: string | null = null,
): Tally => ({
  subject: 'row',
  status,
  reason,
  n,
})

export const aPersonTally = (n: number, change: Partial<PersonTally> = {}): PersonTally => ({
  subject: 'person',
  variant: 'all',
  locale: 'es-MX',
  status: 'sent',
  reason: null,
  linked: true,
  handed: true,
  delivered: false,
  suspect: false,
  operation: false,
  opened: null,
  n,
  ...change,
})

export const aMessageTally = (n: number, change: Partial<MessageTally> = {}): MessageTally => ({
  subject: 'message',
  variant: 'all',
  locale: 'es-MX',
  kind: 'first',
  step: 1,
  channel: 'sms',
  status: 'handed',
  reason: null,
  n,
  ...change,
})

export const aPersonOfAList = (change: Partial<FollowedUp> = {}): FollowedUp => ({
  id: ID,
  referenceId: 'user_12345',
  status: 'failed',
  reason: 'no_channel_worked',
  messageReason: 'no_address',
  suspect: null,
  locale: 'es-MX',
  channels: ['sms'],
  firstHandedAt: null,
  openedAt: null,
  contact: { phone: '+15125550123' },
  metadata: null,
  ...change,
})
