import { Router } from 'express'
import { FOLLOW_UPS, type FollowUp, SHOWN_STATES, type ShownStatus, shownStatus } from '../../domain/campaign.ts'
import { holdsOn } from '../../flow/campaign.ts'
import type { Campaign } from '../../flow/ports-campaign.ts'
import { whyQuiet } from '../../flow/why-quiet.ts'
import { readId, showId } from '../../lib/id.ts'
import type { Door, Visit } from '../door.ts'
import { field } from '../fields.ts'
import { fragment, page } from '../layout.ts'
import { notFound } from '../not-found.ts'
import type { Room } from '../room.ts'
import { draftPage } from './draft-page.ts'
import { type CampaignListing, campaignListPage } from './list-page.ts'
import { peoplePage } from './people-page.ts'
import { runPage } from './run-page.ts'
import { CHART_MS, standingOf } from './standing.ts'
import { LISTS, pathOf } from './words.ts'

const PAGE_LENGTH = 20
const PEOPLE_LENGTH = 50
const MOST_OPTED_OUT = 100

/** Campaigns as they are looked at: all of them, one, and the people of one. */
export function campaigns(room: Room, door: Door): Router {
  const { ports } = room
  const router = Router()

  router.get(
    '/campaigns',
    door.only('read', async ({ req, res, caller }) => {
      const status = SHOWN_STATES.find((state) => state === field(req.query, 'status')) ?? null
      const before = readId('cmp', field(req.query, 'before')) ?? null
      const frame = room.frame(caller)
      const found = await someOf(room, { status, before, now: frame.now })
      const standings = await Promise.all(
        found.campaigns.map((one) => standingOf(ports.campaigns, one, { now: frame.now })),
      )
      const listing: CampaignListing = { standings, status, before: found.before, next: found.next }
      const live = campaignListPage(frame, listing)
      const whole = { title: 'Campaigns', here: 'campaigns', live, follow: { path: req.originalUrl } } as const
      res.type('html').send('fragment' in req.query ? fragment(frame, live) : page(frame, whole))
    }),
  )
  router.get(
    '/campaigns/:id',
    door.only('read', async (visit) => {
      const campaign = await campaignOf(room, visit)
      await (campaign ? showCampaign(room, visit, campaign) : notFound(room, visit, CAMPAIGN))
    }),
  )
  router.get(
    '/campaigns/:id/follow-up/:list',
    door.only('read', async (visit) => {
      const { req, res, caller } = visit
      const campaign = await campaignOf(room, visit)
      const list: FollowUp | undefined = FOLLOW_UPS.find((one) => one === req.params['list'])
      if (!campaign || !list) return notFound(room, visit, CAMPAIGN)
      const after = readId('dsp', field(req.query, 'after')) ?? null
      const found = await ports.campaigns.people.page({ campaignId: campaign.id, list }, after, PEOPLE_LENGTH + 1)
      const people = found.slice(0, PEOPLE_LENGTH)
      const frame = room.frame(caller)
      const body = peoplePage(frame, { campaign, list, people, after, more: found.length > PEOPLE_LENGTH })
      res.type('html').send(page(frame, { title: LISTS[list].word, here: 'campaigns', body }))
    }),
  )
  return router
}

export const CAMPAIGN = { what: 'campaign', path: '/campaigns' } as const

export async function campaignOf({ ports }: Room, { req }: Pick<Visit, 'req'>): Promise<Campaign | null> {
  const id = readId('cmp', String(req.params['id']))
  return id ? ports.campaigns.campaigns.one(id) : null
}

/** The page of a draft, or of what became of it; with a problem it is the answer to what could not be done. */
export async function showCampaign(room: Room, visit: Visit, campaign: Campaign, problem?: string): Promise<void> {
  const frame = room.frame(visit.caller)
  const path = pathOf(campaign.id)
  const uploads = await room.ports.campaigns.audiences.uploads(campaign.id)
  const done = DONE[field(visit.req.query, 'done')]
  const { live, body } =
    campaign.status === 'draft'
      ? draftPage(frame, { campaign, uploads, problem, done })
      : runPage(frame, { ...(await runOf(room, campaign, frame.now)), uploads, problem })
  if (problem !== undefined) visit.res.status(409)
  const whole = { title: campaign.name, here: 'campaigns', live, body, follow: { path } } as const
  visit.res.type('html').send('fragment' in visit.req.query ? fragment(frame, live) : page(frame, whole))
}

const DONE: Record<string, string> = {
  made: 'The draft is stored. Now it needs its people.',
  changed: 'The change is stored.',
  listed: 'The people of the list were taken.',
}

async function runOf({ ports }: Room, campaign: Campaign, now: Date) {
  const desk = ports.campaigns
  const optedOutOf = { campaignId: campaign.id, list: 'opted_out' } as const
  const [standing, outlook, inForce, optedOut] = await Promise.all([
    standingOf(desk, campaign, { now, backMs: CHART_MS }),
    desk.campaigns.outlook(campaign.id),
    ports.holds.list(),
    desk.people.page(optedOutOf, null, MOST_OPTED_OUT + 1),
  ])
  const holds = holdsOn(campaign, inForce)
  return {
    standing,
    quiet: whyQuiet(campaign, outlook, inForce),
    holds,
    optedOut: optedOut.length > MOST_OPTED_OUT ? null : optedOut.length,
    createsPerMinute: desk.createsPerMinute,
  }
}

interface Wanted {
  status: ShownStatus | null
  before: string | null
  now: Date
}

/** States that are shown are not all stored: to find those of one, all are gone through. */
const MOST_LOOKED_AT = 1_000
const AT_ONCE = 100

async function someOf({ ports }: Room, { status, before, now }: Wanted) {
  const found: Campaign[] = []
  let place = before
  for (let seen = 0; seen < MOST_LOOKED_AT && found.length <= PAGE_LENGTH; ) {
    const limit = status === null ? PAGE_LENGTH + 1 : AT_ONCE
    const some = await ports.campaigns.campaigns.list({ before: place, limit })
    found.push(...some.filter((one) => isShown(one, status, now)))
    seen += some.length
    place = some.at(-1)?.id ?? null
    if (some.length < limit) break
  }
  const campaigns = found.slice(0, PAGE_LENGTH)
  const last = campaigns.at(-1)
  return { campaigns, before, next: found.length > PAGE_LENGTH && last ? showId('cmp', last.id) : null }
}

const isShown = (one: Campaign, status: ShownStatus | null, now: Date) =>
  status === null || shownStatus({ ...one, isHeld: one.hold !== null }, now) === status
