import { makeConsole } from '../console/console.ts'
import type { ConsolePorts } from '../console/ports.ts'
import { FAILURES, type Failure } from '../domain/failure.ts'
import { type AcceptPorts, accept } from '../flow/accept.ts'
import { cancelOne } from '../flow/cancel-one.ts'
import { endsLate, estimate } from '../flow/estimate.ts'
import { release } from '../flow/release.ts'
import { resend } from '../flow/resend.ts'
import type { HttpPorts } from '../http/ports.ts'
import { makeServer } from '../http/server.ts'
import { nextFiring } from '../lib/cron.ts'
import { exampleCurl } from '../lib/welcome.ts'
import { makeNoticeReader } from '../links/notice.ts'
import { segments } from '../render/segments.ts'
import { isMigrated } from '../store/migrate.ts'
import { acceptPorts } from './accepting.ts'
import { makeDesk } from './desk.ts'
import { estimatingPorts } from './estimating.ts'
import { finishRequests, type Ground, openTo } from './ground.ts'
import { numbered } from './numbered.ts'
import type { Outside } from './outside.ts'
import { receiptReadersOf } from './receipts.ts'
import type { Road } from './road.ts'

const SIGN_IN_MS = 15 * 60_000

/** Everything that comes in: the API, webhooks, the console. */
export async function openDoor(ground: Ground, outside: Outside, road: Road) {
  const { config, log, closers, clock, pool, url, wakes } = ground
  const { settings, partner, render, sandbox, vault } = outside
  const { store, queues, releasing } = road
  const publicUrl = ground.publicUrl ?? ''
  const key = await store.keys.ensure(settings.apiKey, 'bootstrap', ['admin'])
  const accepting = acceptPorts(ground, outside, road)
  const estimating = estimatingPorts(ground, outside, road, accepting)
  const { readers: receiptReaders, textReaders, answerText } = receiptReadersOf(ground, outside)
  const { after, append } = store.events
  const events = { after, append, onChange: (listener: () => void) => wakes.on('events', listener) }
  const closing = new AbortController()
  const ports: HttpPorts = {
    ...accepting,
    ...releasing,
    ...road.open,
    partner,
    links: store.links,
    vault,
    stops: store.stops,
    campaigns: store.campaigns,
    recurrences: store.recurrences,
    nextFiring,
    ...numbered(store, road.sequencer),
    audiences: store.audiences,
    estimating,
    endsLate: async (campaign) => endsLate(await estimate(estimating, campaign)),
    tallies: store.tallies,
    lists: store.lists,
    takeBacks: store.takeBacks,
    changes: store.changes,
    resends: store.resends,
    keys: store.keys,
    status: store.status,
    events,
    evergreen: store.evergreen,
    distrust: outside.distrust,
    notices: makeNoticeReader({ secrets: settings.webhookSecrets }),
    receiptReaders,
    textReaders,
    answerText,
    hearing: road.hearing,
    suppressions: store.suppressions,
    replies: store.replies,
    render,
    segments,
    closing: closing.signal,
    sampleUrl: `https://${config.links.hosts[0]}/sample`,
    log,
    metrics: road.metrics,
    ready: () => readiness(ground),
    queueDepth: queues.depth,
    createsPerMinute: config.partner.createsPerMinute,
    publicUrl,
    extra: [],
  }
  const pages = makeConsole({
    ...consolePorts(ground, outside, road, accepting, publicUrl),
    campaigns: makeDesk(ports),
  })
  if (url) {
    openTo(ground.server, ground.traces.listener(makeServer({ ...ports, extra: [pages.router] })))
    // First of all to close: intake ends before the workers do.
    closers.add('intake', () => finishRequests(ground.server))
    closers.add('pages', pages.close)
    closers.add('event streams', () => closing.abort())
  }
  return {
    url,
    sandbox,
    store,
    apiKey: settings.apiKey,
    accepting,
    example: url && sandbox ? exampleCurl({ url, apiKey: settings.apiKey, now: clock.now() }) : undefined,
    signInLink: async () =>
      `${publicUrl}/sign-in?token=${await store.keys.openSession('sign_in', key.keyId, SIGN_IN_MS)}`,
    settled: road.settled,
    stop() {
      // What is in hand needs its time, beside that of the intake and the loops; whether it failed is told when the queues close.
      queues.stopWorking().catch(() => undefined)
      return closers.closeAll()
    },
    pool,
  }
}

function consolePorts(
  ground: Ground,
  outside: Outside,
  road: Road,
  accepting: AcceptPorts,
  publicUrl: string,
): Omit<ConsolePorts, 'campaigns'> {
  const { store, releasing } = road
  const refused = ({ code, errors }: Failure) => ({
    ok: false as const,
    message: `${FAILURES[code][1]}. ${FAILURES[code][2]}`,
    errors,
  })
  const cancelPorts = { stops: store.stops, links: store.links, partner: outside.partner, dispatches: store.dispatches }
  return {
    dispatches: store.dispatches,
    keys: store.keys,
    status: store.status,
    holds: store.holds,
    now: ground.clock.now,
    publicUrl,
    inboxUrl: outside.sandbox ? `${outside.sandbox.url}/` : null,
    exampleKey: outside.sandbox ? outside.settings.apiKey : null,
    world: ground.config.world,
    templates: outside.render.list().map(({ name }) => name),
    locales: [...new Set(outside.render.list().flatMap(({ locales }) => locales))],
    lookups: outside.vault.lookups,
    async create(order) {
      const accepted = await accept(accepting, order, null, () => '')
      return accepted.ok ? { ok: true, id: accepted.dispatch.id } : refused(accepted.failure)
    },
    async resend(id, channel) {
      const ports = { dispatches: store.dispatches, changes: store.changes, wake: road.wake }
      const sent = await resend(ports, { id, channel, locale: null, contact: null })
      return 'failure' in sent ? refused(sent.failure) : { ok: true }
    },
    async cancel(id, reason) {
      const cancelled = await cancelOne(cancelPorts, { id, reason, revokeLinks: false })
      return 'failure' in cancelled ? refused(cancelled.failure) : { ok: true }
    },
    lift: (id, by) => release(releasing, { id, by, doubtful: 'hand' }),
    onChange: (listener) => ground.wakes.on('events', listener),
  }
}

/** This process, its database and its schema; a partner outage must not take intake and webhooks off the balancer. */
async function readiness({ pool }: Ground): Promise<{ ok: boolean; reasons: string[] }> {
  try {
    return (await isMigrated(pool))
      ? { ok: true, reasons: [] }
      : { ok: false, reasons: ['the schema is older than this release: run migrate'] }
  } catch {
    return { ok: false, reasons: ['the database does not answer'] }
  }
}
