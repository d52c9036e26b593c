import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { deliver } from '../flow/deliver.ts'
import type { Partner, PartnerAnswer, Provider } from '../flow/ports.ts'
import { type PumpPorts, pump } from '../flow/pump.ts'
import { stepId } from '../http/dispatch-view.ts'
import type { Closers } from '../lib/closers.ts'
import { showId } from '../lib/id.ts'
import type { Tracer } from '../lib/tracing.ts'
import type { Store } from '../store/store.ts'

/** Takes a part of the house and answers the same part, followed. Without a collector it is the very same part. */
export interface Traces {
  /** Whether BullMQ's own telemetry is wanted, too. */
  on: boolean
  listener(listener: RequestListener): RequestListener
  store(store: Store): Store
  partner(partner: Partner): Partner
  provider(provider: Provider): Provider
  pump: typeof pump
  deliver: typeof deliver
}

const UNTRACED: Traces = {
  on: false,
  listener: (listener) => listener,
  store: (store) => store,
  partner: (partner) => partner,
  provider: (provider) => provider,
  pump,
  deliver,
}

/** OpenTelemetry is loaded only where a collector is configured. */
export async function openTraces({ tracing, world }: Config, log: Logger, closers: Closers): Promise<Traces> {
  if (!tracing) return UNTRACED
  const { makeTracer } = await import('../lib/open-telemetry.ts')
  const tracer = makeTracer({
    ...tracing,
    world,
    onDelivery(problem) {
      if (problem === null) log.info('the trace collector takes spans again')
      else log.warn({ reason: problem }, 'the trace collector was not reached: spans are lost, nothing else is')
    },
  })
  closers.add('traces', tracer.close)
  return {
    on: true,
    listener: (listener) => followRequests(tracer, listener),
    store: (store) => followStore(tracer, store),
    partner: (partner) => followPartner(tracer, partner),
    provider: (provider) => followProvider(tracer, provider),
    pump: (ports) => followPump(tracer, ports),
    deliver: (ports, turn) => followDelivery(tracer, ports, turn),
  }
}

const idOf = (dispatchId: string) => ({ 'dispatch.id': showId('dsp', dispatchId) })

/** Who asks whether we live asks often, and learns it without a trace. */
const QUIET = /^\/(healthz|readyz|metrics)\b/

/** A request by the template of its route: no path, no query. */
const followRequests =
  (tracer: Tracer, listener: RequestListener): RequestListener =>
  (req, res) => {
    if (QUIET.test(req.url ?? '')) return listener(req, res)
    const { method = '' } = req
    const answered = async () => {
      const closed = new Promise((done) => res.once('close', done))
      listener(req, res)
      await closed
      const { route = 'other' } = (res as { locals?: { route?: string } }).locals ?? {}
      tracer.learn({ 'http.route': route, 'http.response.status_code': res.statusCode }, `${method} ${route}`)
    }
    const caller = req.headers['traceparent']
    void tracer.span(method, answered, {
      facts: { 'http.request.method': method },
      kind: 'server',
      place: { caller: typeof caller === 'string' ? caller : undefined },
    })
  }

/** A dispatch's trace begins with the transaction that stores it; partner's notices and what a step was are learned here. */
const followStore = (tracer: Tracer, store: Store): Store => ({
  ...store,
  intake: {
    ...store.intake,
    accept: (order) =>
      tracer.span(
        'accept',
        async () => {
          const answer = await store.intake.accept(order)
          tracer.learn({ answer: answer.kind })
          return answer
        },
        { facts: idOf(order.dispatch.id), place: { dispatch: order.dispatch.id, begins: true } },
      ),
  },
  facts: {
    ...store.facts,
    record: (fact) =>
      tracer.span(
        'notice',
        async () => {
          const recorded = await store.facts.record(fact)
          tracer.learn({ 'notice.fresh': recorded.fresh, dispatches: recorded.touched.length })
          await Promise.all(recorded.touched.map((id) => noteStop(tracer, id)))
          return recorded
        },
        { facts: { 'notice.type': nameOnly(fact.type) } },
      ),
  },
  stops: {
    ...store.stops,
    fence: (ids) => tracer.span('fence', () => store.stops.fence(ids), { facts: { dispatches: ids.length } }),
  },
  deliveries: {
    ...store.deliveries,
    async work(turn) {
      const work = await store.deliveries.work(turn)
      if (work) tracer.learn({ 'step.kind': work.kind, channel: work.channel })
      return work
    },
    settle(settlement) {
      tracer.learn({ reason: settlement.reason && nameOnly(settlement.reason), provider: settlement.provider })
      return store.deliveries.settle(settlement)
    },
  },
})

/** The moment a notice ended a plan, in the trace of that dispatch. */
const noteStop = (tracer: Tracer, id: string) =>
  tracer.span('stopped', () => Promise.resolve(), { facts: idOf(id), place: { dispatch: id } })

/** A word of a known form, or nothing of it. */
const nameOnly = (word: string) => (/^[a-z][a-z0-9_.:]{0,60}$/.test(word) ? word : 'other')

function followPartner(tracer: Tracer, partner: Partner): Partner {
  const call =
    <Asked extends unknown[], T>(name: string, ask: (...asked: Asked) => Promise<PartnerAnswer<T>>) =>
    (...asked: Asked) =>
      tracer.span(
        `partner ${name}`,
        async () => {
          const answer = await ask(...asked)
          tracer.learn({ answer: answer.kind })
          return answer
        },
        { kind: 'client' },
      )
  return {
    ...partner,
    createLink: call('createLink', partner.createLink),
    activeLinks: call('activeLinks', partner.activeLinks),
    openedSince: call('openedSince', partner.openedSince),
    revokeLink: call('revokeLink', partner.revokeLink),
    hasOperation: call('hasOperation', partner.hasOperation),
  }
}

const followProvider = (tracer: Tracer, provider: Provider): Provider => ({
  ...provider,
  send: (message, attempt) =>
    tracer.span(
      `send ${provider.name}`,
      async () => {
        const outcome = await provider.send(message, attempt)
        tracer.learn({ outcome: outcome.kind })
        return outcome
      },
      { facts: { provider: provider.name, channel: provider.channel }, kind: 'client' },
    ),
})

/** A tick that took nothing is not told: there is one every second. */
async function followPump(tracer: Tracer, ports: PumpPorts): Promise<boolean> {
  let steps = 0
  const queue: PumpPorts['queue'] = {
    async add(channel, jobs, priority) {
      steps += jobs.flat().length
      await ports.queue.add(channel, jobs, priority)
    },
  }
  const tick = async () => {
    const more = await pump({ ...ports, queue })
    tracer.learn({ steps })
    return more
  }
  return tracer.span('pump', tick, { place: { alone: true }, keep: () => steps > 0 })
}

/** Below the first span of its dispatch, and linked with the job that brought it. */
const followDelivery = (tracer: Tracer, ...[ports, turn]: Parameters<typeof deliver>) =>
  tracer.span(
    'deliver',
    async () => {
      const end = await deliver(ports, turn)
      tracer.learn({ 'step.end': end })
      return end
    },
    {
      facts: { ...idOf(turn.dispatchId), 'step.id': stepId(turn.dispatchId, turn.n), 'step.turn': turn.turn },
      place: { dispatch: turn.dispatchId },
    },
  )
