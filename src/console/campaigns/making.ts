import { Router } from 'express'
import { FOLLOW_UPS, type FollowUp } from '../../domain/campaign.ts'
import type { Campaign, PeopleSource } from '../../flow/ports-campaign.ts'
import { readId, showId } from '../../lib/id.ts'
import { html } from '../../lib/markup.ts'
import type { Door, Visit } from '../door.ts'
import { field } from '../fields.ts'
import { page } from '../layout.ts'
import { notFound } from '../not-found.ts'
import type { Room } from '../room.ts'
import { CAMPAIGN, campaignOf, showCampaign } from './campaigns.ts'
import {
  type CampaignFields,
  type CampaignProblem,
  campaignBodyFrom,
  campaignFieldsOf,
  emptyForm,
  pathToCampaignField,
} from './form.ts'
import { fieldsFrom } from './form-fields.ts'
import { type CampaignForm, campaignFormPage } from './form-page.ts'
import type { Done } from './ports.ts'
import { LISTS, pathOf } from './words.ts'

/** A draft is made, and changed while it is one. */
export function making(room: Room, door: Door): Router {
  const { ports } = room
  const desk = ports.campaigns
  const router = Router()

  router.get(
    '/campaigns/new',
    door.only('campaign', async (visit) => {
      const source = await sourceOf(room, visit.req.query)
      const usual = ports.templates.includes('magic-link') ? 'magic-link' : (ports.templates[0] ?? '')
      const fields = source?.like ? copyOf(source.like, source.word) : emptyForm(usual)
      show(visit, newForm(source, fields, []))
    }),
  )
  router.post(
    '/campaigns/new',
    ...room.form,
    door.only('campaign', async (visit) => {
      const { req, res, caller } = visit
      const source = await sourceOf(room, req.body)
      const fields = campaignFieldsOf(req.body)
      const made = await ask(fields, (body) => desk.make(body, caller.label))
      if (!made.ok) return show(visit, newForm(source, fields, made.problems))
      const path = pathOf(made.campaign.id)
      if (!source) return res.redirect(303, `${path}?done=made`)
      const taken = await desk.takeList(made.campaign.id, source.people, caller.label)
      return taken.ok
        ? res.redirect(303, `${path}?done=listed`)
        : showCampaign(room, visit, made.campaign, taken.message)
    }),
  )
  router.get(
    '/campaigns/:id/edit',
    door.only('campaign', async (visit) => {
      const campaign = await campaignOf(room, visit)
      if (campaign?.status !== 'draft') return notFound(room, visit, CAMPAIGN)
      show(visit, editForm(campaign, fieldsFrom(campaign), []))
    }),
  )
  router.post(
    '/campaigns/:id/edit',
    ...room.form,
    door.only('campaign', async (visit) => {
      const campaign = await campaignOf(room, visit)
      if (!campaign) return notFound(room, visit, CAMPAIGN)
      const fields = campaignFieldsOf(visit.req.body)
      const changed = await ask(fields, (body) => desk.change(campaign.id, body, visit.caller.label))
      if (changed.ok) return visit.res.redirect(303, `${pathOf(campaign.id)}?done=changed`)
      return show(visit, editForm(campaign, fields, changed.problems))
    }),
  )
  return router

  function show({ res, caller }: Visit, form: CampaignForm): void {
    const frame = room.frame(caller)
    if (form.problems.length > 0) res.status(422)
    const body = campaignFormPage(frame, form)
    res.type('html').send(page(frame, { title: form.title, here: 'campaigns', body }))
  }
}

type Asked = { ok: true; campaign: Campaign } | { ok: false; problems: CampaignProblem[] }

/** What the form alone gets wrong and what the rules refuse are said together. */
async function ask(fields: CampaignFields, what: (body: object) => Promise<Done>): Promise<Asked> {
  const { body, problems } = campaignBodyFrom(fields)
  if (problems.length > 0) return { ok: false, problems }
  const done = await what(body)
  if (done.ok) return done
  if (done.errors.length === 0) return { ok: false, problems: [{ field: null, message: done.message }] }
  return {
    ok: false,
    problems: done.errors.map(({ path, message }) => ({ field: pathToCampaignField(path, fields), message })),
  }
}

interface Source {
  people: PeopleSource
  /** Whose settings it begins with. */
  like: Campaign | null
  word: string
  hidden: Record<string, string>
}

/** People of an earlier campaign, or everybody who got certain words. */
async function sourceOf({ ports }: Room, given: unknown): Promise<Source | null> {
  const template = field(given, 'received')
  if (/^[\w.-]+@\d+$/.test(template))
    return { people: { template }, like: null, word: `everybody who got ${template}`, hidden: { received: template } }
  const list: FollowUp | undefined = FOLLOW_UPS.find((one) => one === field(given, 'list'))
  const id = readId('cmp', field(given, 'of'))
  const like = list && id ? await ports.campaigns.campaigns.one(id) : null
  if (!list || !like) return null
  const hidden = { of: showId('cmp', like.id), list }
  return { people: { campaignId: like.id, list }, like, word: LISTS[list].word.toLowerCase(), hidden }
}

/** Its times have passed, and its experiment was its own. */
const copyOf = (like: Campaign, word: string): CampaignFields => {
  const { name, plan } = like
  const plain = { ...plan, variants: [], holdout: 0 }
  return fieldsFrom({
    ...like,
    name: `${name}: ${word}`.slice(0, 200),
    plan: plain,
    startAt: null,
    localStart: null,
    validUntil: null,
  })
}

const newForm = (source: Source | null, fields: CampaignFields, problems: CampaignProblem[]): CampaignForm => ({
  title: 'New campaign',
  action: '/campaigns/new',
  go: source ? 'Make the draft with these people' : 'Make the draft',
  back: '/campaigns',
  lead: source
    ? html`For <strong>${source.like ? html`<span dir="auto">${source.like.name}</span>: ` : ''}${source.word}</strong>, with their addresses, variables and metadata. Nothing is sent before you start it.`
    : 'Nothing is sent before you have uploaded the people, seen the estimate and started it.',
  ...(source && { hidden: source.hidden }),
  fields,
  problems,
})

const editForm = (campaign: Campaign, fields: CampaignFields, problems: CampaignProblem[]): CampaignForm => ({
  title: 'Change the campaign',
  action: `${pathOf(campaign.id)}/edit`,
  go: 'Store the change',
  back: pathOf(campaign.id),
  lead: 'A draft can be changed until it is started. Its people stay.',
  fields,
  problems,
})
