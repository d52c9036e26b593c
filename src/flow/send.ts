import type { Outcome } from '../domain/outcome.ts'
import { type DeliverPorts, type Delivery, linkOf, messageFor, unsubscribeUrlOf } from './delivery.ts'
import type { Attempt } from './ports.ts'
import type { Settlement, Work } from './ports-deliver.ts'
import { react } from './react.ts'
import { attemptResult, type Sent, settle, strongest } from './settlement.ts'
import { windowLeftMs } from './window.ts'

/** One request per address, all under the same start deadline; the outcomes decide together. */
export async function send(ports: DeliverPorts, delivery: Delivery): Promise<Settlement | undefined> {
  const { work, link, url, provider, words, tried } = delivery
  if (!link) return undefined
  const base = { link: linkOf(link), random: ports.random() }
  if (!provider || !words || !url) return place(work, base)
  const name = work.person.contact.name
  const full = `${name?.firstName ?? ''} ${name?.lastName ?? ''}`.trim()
  const sent = await Promise.all(
    tried.map(async ({ address, n }) => {
      const unsubscribeUrl = unsubscribeUrlOf(ports, work, address)
      const message = messageFor(words, address, url, full, unsubscribeUrl)
      return { address, n, outcome: await provider.send(message, attemptOf(ports, delivery, n)) }
    }),
  )
  await react(ports, delivery, provider.name, sent)
  return settle(work, {
    ...base,
    outcome: strongest(sent.map(({ outcome }) => outcome)),
    provider: provider.name,
    attempts: [...delivery.unsent, ...sent.map(({ n, outcome }) => attemptResult(n, outcome))],
  })
}

/** The surface beside the chain: nothing is sent, the link lies ready for the app's button. */
function place(work: Work, base: Pick<Sent, 'link' | 'random'>): Settlement {
  const outcome: Outcome = { kind: 'accepted', providerId: `${work.dispatchId}.${work.n}` }
  return settle(work, { ...base, outcome, provider: 'app', attempts: [attemptResult(work.attempts + 1, outcome)] })
}

/** A provider may hold the message as long as link and window live, and no longer (P6). */
function attemptOf(ports: DeliverPorts, { work, link, startBy = 0 }: Delivery, n: number): Attempt {
  const stepId = `${work.dispatchId}.${work.n}`
  const lifeMs = link ? linkOf(link).expiresAt.getTime() - work.now.getTime() : 0
  const validForMs = Math.max(1_000, Math.min(lifeMs, windowLeftMs(work, ports.defaultTimeZone)))
  return { id: `${stepId}.${n}`, stepId, startBy, validForMs, locale: work.dispatch.locale }
}
