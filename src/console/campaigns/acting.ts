import { Router } from 'express'
import type { Campaign } from '../../flow/ports-campaign.ts'
import type { Door, Visit } from '../door.ts'
import { field } from '../fields.ts'
import { page } from '../layout.ts'
import { notFound } from '../not-found.ts'
import { ownPagesOnly } from '../policy.ts'
import type { Room } from '../room.ts'
import { CAMPAIGN, campaignOf, showCampaign } from './campaigns.ts'
import { estimatePage } from './estimate-page.ts'
import type { Done } from './ports.ts'
import { seedsFrom } from './seeds.ts'
import { mappingPreview, uploadResult } from './upload-part.ts'
import { counted, pathOf } from './words.ts'

/** What a person does to a campaign: its people, its start, its pauses and its end. */
export function acting(room: Room, door: Door): Router {
  const desk = room.ports.campaigns
  const router = Router()

  router.post(
    '/campaigns/:id/audience/mapping',
    ownPagesOnly,
    door.only('campaign', async ({ req, res, caller }) => {
      res.type('html').send(mappingPreview(await desk.preview(req, caller)).markup)
    }),
  )
  router.post(
    '/campaigns/:id/audience',
    ownPagesOnly,
    onCampaign(async (campaign, { req, res, caller }) => {
      res.type('html').send(uploadResult(campaign.id, await desk.upload(req, caller)).markup)
    }),
  )
  router.post(
    '/campaigns/:id/clear',
    ...room.form,
    onCampaign(async (campaign, visit) => {
      await desk.audiences.clear(campaign.id)
      visit.res.redirect(303, pathOf(campaign.id))
    }),
  )
  router.get(
    '/campaigns/:id/estimate',
    onCampaign(async (campaign, visit) => {
      if (campaign.status !== 'draft') return visit.res.redirect(303, pathOf(campaign.id))
      return showEstimate(visit, campaign, {})
    }, 'read'),
  )
  router.post(
    '/campaigns/:id/test',
    ...room.form,
    onCampaign(async (campaign, visit) => {
      const seeds = textOf(visit.req.body, 'seeds')
      const read = seedsFrom(seeds)
      if ('problem' in read) return showEstimate(visit, campaign, { problem: read.problem, seeds })
      const { sent, problems } = await desk.test(campaign, read.people)
      const done = sent > 0 ? `${counted(sent, 'test message')} accepted.` : undefined
      return showEstimate(visit, campaign, { done, seeds, ...(problems.length > 0 && { problem: problems.join(' ') }) })
    }),
  )
  router.post(
    '/campaigns/:id/start',
    ...room.form,
    onCampaign(async (campaign, visit) => {
      const unread = field(visit.req.body, 'warned') !== '' && field(visit.req.body, 'confirmed') === ''
      if (unread) return showEstimate(visit, campaign, { problem: 'Read the warnings, and tick that you have.' })
      return settle(visit, campaign, await desk.start(campaign.id, visit.caller.label))
    }),
  )
  router.post(
    '/campaigns/:id/pause',
    ...room.form,
    onCampaign(async (campaign, visit) => {
      const order = { by: visit.caller.label, reason: reasonOf(visit) }
      await settle(visit, campaign, await desk.pause(campaign.id, order))
    }),
  )
  router.post(
    '/campaigns/:id/resume',
    ...room.form,
    onCampaign(async (campaign, visit) => {
      await settle(visit, campaign, await desk.resume(campaign.id, visit.caller.label))
    }),
  )
  router.post(
    '/campaigns/:id/cancel',
    ...room.form,
    onCampaign(async (campaign, visit) => {
      const revokeLinks = field(visit.req.body, 'revokeLinks') !== ''
      const order = { by: visit.caller.label, reason: reasonOf(visit), revokeLinks }
      await settle(visit, campaign, await desk.cancel(campaign.id, order))
    }),
  )
  router.get(
    '/campaigns/:id/audience/:upload/refused',
    door.only('campaign', ({ req, res, caller }) => desk.download.refused(req, res, caller)),
  )
  for (const file of ['follow-up.csv', 'follow-up.ndjson'] as const)
    router.get(
      `/campaigns/:id/${file}`,
      door.only('read', ({ req, res, caller }) => desk.download[file](req, res, caller)),
    )
  return router

  function onCampaign(
    act: (campaign: Campaign, visit: Visit) => Promise<unknown>,
    scope: 'campaign' | 'read' = 'campaign',
  ) {
    return door.only(scope, async (visit) => {
      const campaign = await campaignOf(room, visit)
      await (campaign ? act(campaign, visit) : notFound(room, visit, CAMPAIGN))
    })
  }

  async function settle(visit: Visit, campaign: Campaign, done: Done): Promise<void> {
    if (done.ok) return visit.res.redirect(303, pathOf(campaign.id))
    const now = await desk.campaigns.one(campaign.id)
    await showCampaign(room, visit, now ?? campaign, done.message)
  }

  async function showEstimate(
    visit: Visit,
    campaign: Campaign,
    said: { problem?: string; done?: string | undefined; seeds?: string },
  ): Promise<void> {
    const reference = field(visit.req.query, 'reference')
    const estimate = await desk.estimate(campaign)
    const row = reference
      ? await desk.audiences.row(campaign.id, reference)
      : ((await desk.audiences.page(campaign.id, null, 1))[0] ?? null)
    const sample = row && (await desk.sample(campaign, row))
    const frame = room.frame(visit.caller)
    const body = estimatePage(frame, { estimate, sample, reference, segments: desk.segments, ...said })
    if (said.problem !== undefined) visit.res.status(409)
    visit.res.type('html').send(page(frame, { title: `Estimate: ${campaign.name}`, here: 'campaigns', body }))
  }
}

const reasonOf = ({ req }: Visit) => field(req.body, 'reason').slice(0, 200) || null

/** Lines stay lines. */
const textOf = (body: unknown, name: string): string =>
  String((body as Record<string, unknown> | undefined)?.[name] ?? '').slice(0, 5_000)
