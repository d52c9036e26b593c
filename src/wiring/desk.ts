import type { Request } from 'express'
import type { CampaignDesk, DeskRefusal, Done, FilePreview, FileTaken } from '../console/campaigns/ports.ts'
import { FAILURES, type Failure } from '../domain/failure.ts'
import { accept } from '../flow/accept.ts'
import {
  type CampaignAnswer,
  cancelCampaign,
  changeCampaign,
  createCampaign,
  pauseCampaign,
  resumeCampaign,
  startCampaign,
} from '../flow/campaign.ts'
import { testOrders } from '../flow/campaign-test.ts'
import { estimate } from '../flow/estimate.ts'
import { placeHold } from '../flow/hold.ts'
import type { Caller } from '../flow/ports-read.ts'
import { sampleLinkFor } from '../flow/sample-link.ts'
import { sample } from '../flow/samples.ts'
import { takeList } from '../flow/take-list.ts'
import { send } from '../http/answer.ts'
import { audienceRoutes } from '../http/audience.ts'
import { previewRoute } from '../http/audience-preview.ts'
import { uploadRoute } from '../http/audience-upload.ts'
import { campaignChange, newCampaign, wishOf } from '../http/campaign-body.ts'
import { followUpRoutes } from '../http/follow-up.ts'
import { invalid } from '../http/invalid.ts'
import type { HttpPorts } from '../http/ports.ts'
import { answerCaller, type Route } from '../http/route.ts'
import { takeBackRoutes } from '../http/take-backs.ts'
import { showId } from '../lib/id.ts'

/** Campaigns as the pages have them: the same rules and the same flow as at the API, for whoever is signed in. */
export function makeDesk(ports: HttpPorts): CampaignDesk {
  const { estimating } = ports
  return {
    campaigns: ports.campaigns,
    tallies: ports.tallies,
    audiences: ports.audiences,
    people: ports.lists,
    takeBacks: ports.takeBacks,
    createsPerMinute: ports.createsPerMinute,
    versions: ports.render.list().map(({ name, version }) => versionOf(name, version)),
    segments: ports.segments,
    ...verbs(ports),
    estimate: (campaign) => estimate(estimating, campaign),
    async sample(campaign, row) {
      const { url: sampleUrl } = await sampleLinkFor(estimating, campaign.plan.link)
      return sample({ ...ports, ...estimating, intake: { recipient: async () => null }, sampleUrl }, campaign, row)
    },
    holdTemplate: (value, placedBy) =>
      placeHold(ports, { scope: 'template', value, reason: 'taken back', placedBy, probeAfterMs: null }),
    ...files(ports),
  }
}

const versionOf = (name: string, version: string) => (version.includes('@') ? version : `${name}@${version}`)

type Verb = 'make' | 'change' | 'start' | 'pause' | 'resume' | 'cancel' | 'test' | 'takeList'

function verbs(ports: HttpPorts): Pick<CampaignDesk, Verb> {
  return {
    async make(body, by) {
      const read = newCampaign.safeParse(body)
      return read.success ? doneBy(await createCampaign(ports, wishOf(read.data), by)) : refused(invalid(read.error))
    },
    async change(id, body, by) {
      const read = campaignChange.safeParse(body)
      if (!read.success) return refused(invalid(read.error))
      return doneBy(await changeCampaign(ports, id, { wish: wishOf(read.data), by }))
    },
    start: async (id, by) => doneBy(await startCampaign(ports, id, { by, refuseLate: false })),
    pause: async (id, order) => doneBy(await pauseCampaign(ports, id, order)),
    resume: async (id, by) => doneBy(await resumeCampaign(ports, id, by)),
    cancel: async (id, order) => doneBy(await cancelCampaign(ports, id, order)),
    async test(campaign, people) {
      const orders = testOrders(campaign, people, showId('cmp', campaign.id))
      const answers = await Promise.all(orders.map(({ order }) => accept(ports, order, null, () => '')))
      const problems = answers.flatMap((one, i) =>
        one.ok ? [] : [`${orders[i]?.order.referenceId}: ${refused(one.failure).message}`],
      )
      return { sent: answers.length - problems.length, problems }
    },
    async takeList(id, source, madeBy) {
      const campaign = await ports.audiences.target(id)
      const about = 'template' in source ? { list: 'received', ...source } : { ...source }
      const taken = campaign && (await takeList(ports, { campaign, about, madeBy }, ports.lists.people(source)))
      if (!taken) return { ok: false, message: FAILURES.audience_closed[1], errors: [] }
      return { ok: true, counts: taken.counts }
    },
  }
}

const doneBy = (answer: CampaignAnswer): Done =>
  'failure' in answer ? refused(answer.failure) : { ok: true, campaign: answer.campaign }

const refused = ({ code, errors }: Failure): DeskRefusal => ({
  ok: false,
  message: `${FAILURES[code][1]}. ${FAILURES[code][2]}`,
  errors,
})

function files(ports: HttpPorts): Pick<CampaignDesk, 'preview' | 'upload' | 'download'> {
  const preview = previewRoute(ports)
  const upload = uploadRoute(ports)
  const routes = [...audienceRoutes(ports), ...followUpRoutes(ports), ...takeBackRoutes(ports)]
  const download = (ending: string) => {
    const one = routes.find(({ path }) => path.endsWith(ending))
    if (!one) throw new Error(`no route ends in ${ending}`)
    return async (req: Request, res: Parameters<typeof send>[0], caller: Caller) =>
      send(res, await answerCaller(one, caller, req, ''))
  }
  return {
    preview: (req, caller) => asValue<FilePreview>(preview, req, caller),
    upload: (req, caller) => asValue<FileTaken>(upload, req, caller),
    download: {
      refused: download('/refused'),
      'follow-up.csv': download('/follow-up.csv'),
      'follow-up.ndjson': download('/follow-up.ndjson'),
      'recipients.csv': download('/recipients.csv'),
    },
  }
}

/** What the route would have written as JSON. */
async function asValue<Value>(
  one: Route,
  req: Request,
  caller: Caller,
): Promise<{ ok: true; value: Value } | DeskRefusal> {
  const given = await answerCaller(one, caller, req, '')
  return 'code' in given ? refused(given) : { ok: true, value: given.body as Value }
}
