import { CHANNELS, type ChannelName } from '../../src/domain/channel.ts'
import type { Accepted } from '../../src/flow/accept.ts'
import type { DispatchOrder } from '../../src/flow/order.ts'
import type { Chance } from '../engine/chance.ts'
import type { History } from '../engine/history.ts'
import type { Timeline } from '../engine/timeline.ts'
import type { Gate } from './gate.ts'
import type { PartnerWorld } from './partner.ts'
import { numberOf, type Person } from './persons.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The CRM: asks for dispatches, and changes its mind. */
export interface Crm {
  orders(person: Person): void
  cancels(id: string, revokeLinks: boolean): void
  bars(person: Person): void
  /** Any of the smaller acts. */
  meddles(person: Person, id: string): void
}

export interface CrmOptions {
  timeline: Timeline
  chance: Chance
  history: History
  gate: Gate
  partner: () => PartnerWorld
  newId: () => string
}

export function makeCrm(options: CrmOptions): Crm {
  const { timeline, chance, history, gate, partner, newId } = options

  function orders(person: Person): void {
    const order = orderFor(person)
    const key = Buffer.from(newId(), 'latin1')
    gate((service) => service.accept(order, { keyHash: key, bodyHash: key }), hears)
  }

  function hears(accepted: Accepted): void {
    if (!accepted.ok) {
      history.note({ what: 'sometimes', path: `refused: ${accepted.failure.code}` })
      return
    }
    const { answer, dispatch } = accepted
    if (answer.kind === 'replayed') {
      history.note({ what: 'sometimes', path: 'replayed' })
      history.note({ what: 'told', dispatch: answer.answer.location ?? '' })
      return
    }
    history.note({ what: 'told', dispatch: dispatch.id })
    if (answer.kind === 'taken') return
    for (const id of answer.superseded) history.note({ what: 'stop answered', dispatch: id, why: 'superseded' })
  }

  function orderFor({ referenceId, contact, timeZone }: Person): DispatchOrder {
    const now = timeline.now()
    const ownLink = sometimes(0.06, () => partner().make(referenceId, chance.int(60, 4_000)))
    const sendAt = sometimes(0.4, () => soonOrLater(now))
    const from = (sendAt ?? new Date(now)).getTime()
    const campaignId = sometimes(0.25, () => CAMPAIGN)
    return {
      ...{ referenceId, contact, timeZone, sendAt, channels: channels(), locale: 'en', template: 'magic-link' },
      ...{ variables: {}, metadata: null, userData: null },
      category: chance.happens(0.5) ? 'commercial' : 'transactional',
      validUntil: sometimes(0.2, () => new Date(from + chance.int(5 * MINUTE, 90 * HOUR))),
      reminders: reminders(),
      link: {
        ...sometimes(0.3, () => ({ expiresInMinutes: chance.pick([15, 45, 90, 600, 2_880]) })),
        ...sometimes(0.1, () => ({ replaceOpened: false })),
        ...(ownLink === null && sometimes(0.25, () => ({ mode: 'evergreen' as const }))),
      },
      ownLink: ownLink && { linkId: ownLink.linkId, url: ownLink.url, expiresAt: new Date(ownLink.expiresAt) },
      suspectOpens: ownLink === null && chance.happens(0.3) ? 'hold' : 'stop',
      ifActive: chance.pick(['supersede', 'join', 'join', 'reject'] as const),
      fallBackMs: sometimes(0.5, () => chance.int(1, 30) * MINUTE),
      lane: campaignId === null ? 1 : 2,
      campaignId,
      variant: null,
    }
  }

  const sometimes = <T>(probability: number, make: () => T): T | null => (chance.happens(probability) ? make() : null)

  /** Half of them fall due as a half hour ends: that is when windows close. */
  function soonOrLater(now: number): Date {
    const at = now + chance.int(5 * MINUTE, 30 * HOUR)
    const edge = Math.ceil(at / (HOUR / 2)) * (HOUR / 2)
    return new Date(chance.happens(0.5) ? at : edge - chance.int(0, 1_500))
  }

  function channels(): ChannelName[] {
    const shuffled = CHANNELS.map((name) => ({ name, place: chance.next() })).sort((a, b) => a.place - b.place)
    const some = shuffled.slice(0, chance.int(1, 4)).map(({ name }) => name)
    return chance.happens(0.3) ? ['sms', 'email'] : some
  }

  function reminders(): DispatchOrder['reminders'] {
    if (chance.happens(0.3)) return undefined
    const count = chance.int(0, 4)
    const afterMs = Array.from({ length: count }, () =>
      chance.pick([30 * MINUTE, HOUR, 3 * HOUR, 12 * HOUR, 30 * HOUR, 60 * HOUR]),
    )
    return count === 0 ? null : { afterMs: afterMs.sort((a, b) => a - b), channels: null, template: null }
  }

  function cancels(id: string, revokeLinks: boolean): void {
    gate(
      (service) => service.cancel({ id, reason: null, revokeLinks }),
      (done) => {
        if ('view' in done) history.note({ what: 'stop answered', dispatch: id, why: 'cancelled' })
      },
    )
  }

  function bars({ referenceId }: Person): void {
    const hash = Buffer.from(`recipient:${referenceId}`, 'latin1')
    const scope = chance.pick(['all', 'commercial'] as const)
    gate(
      (service) =>
        service.suppress([{ hash, channel: 'recipient', reason: 'manual', scope, note: null, placedBy: 'crm' }]),
      () => history.note({ what: 'barred', addresses: [`recipient:${referenceId}`], scope, why: 'manual' }),
    )
  }

  function changes(person: Person, id: string): void {
    const phone = numberOf(person.prefix, chance)
    person.contact = { ...person.contact, phone }
    gate((service) => service.change({ id, contact: { phone }, channels: null, locale: null, timeZone: null }))
  }

  return {
    orders,
    cancels,
    bars,
    meddles(person, id) {
      const resends = () => gate((service) => service.resend({ id, channel: null, locale: null, contact: null }))
      const fetches = () => gate((service) => service.inApp(person.referenceId))
      chance.pick([resends, resends, fetches, () => changes(person, id), () => cancels(id, chance.happens(0.3))])()
    },
  }
}

const CAMPAIGN = '00000000-0000-7000-8000-00000000cafe'
