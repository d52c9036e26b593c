import { unsubscribeToken } from '../../src/flow/unsubscribe.ts'
import type { Chance } from '../engine/chance.ts'
import type { History } from '../engine/history.ts'
import { SCANNER } from '../engine/service.ts'
import type { Timeline } from '../engine/timeline.ts'
import type { makeVault } from '../engine/vault.ts'
import type { Taken } from './carriers.ts'
import type { Gate } from './gate.ts'
import type { Hook, PartnerWorld } from './partner.ts'
import type { Weather } from './weather.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Those who get the messages: they open links, or say that they have had enough. */
export interface People {
  arrives(message: Taken): void
  opens(linkId: string): void
  /** The button behind a code of this dispatch, where somebody has one. */
  presses(dispatch: string): void
  says(word: 'STOP' | 'START' | 'what is this?', message: Pick<Taken, 'address' | 'recipient'>): void
  /** The partner's webhook to us. */
  hook(hook: Hook): void
}

export interface PeopleOptions {
  timeline: Timeline
  chance: Chance
  weather: Weather
  history: History
  vault: ReturnType<typeof makeVault>
  gate: Gate
  partner: () => PartnerWorld
  newId: () => string
}

export function makePeople(options: PeopleOptions): People {
  const { timeline, chance, weather, history, gate, partner, newId, vault } = options
  const speaking = new Set<string>()
  /** The newest code of each dispatch that somebody has. */
  const codes = new Map<string, string>()

  /** Whoever opened may begin a transfer; where a machine did, its person may come later, and the partner tells no second open. */
  function opens(linkId: string, byMachine = chance.happens(0.15)): void {
    if (partner().open(linkId, byMachine) && chance.happens(0.3))
      timeline.after(chance.int(1_000, (byMachine ? 150 : 20) * MINUTE), () => partner().operate(linkId))
  }

  const soon = () => (chance.happens(0.3) ? chance.int(200, 5_000) : chance.int(10_000, 30 * HOUR))

  /** A message lies in a phone for long, and is looked at now and then. */
  function keeps({ code: hash, dispatch, link }: Taken): void {
    const code = hash.replace('evergreen:', '')
    if (chance.happens(0.3)) timeline.after(soon(), () => (code ? visits(code) : opens(link)))
    if (!code) return
    codes.set(dispatch, code)
    if (chance.happens(0.5)) timeline.after(chance.int(1, 200) * HOUR, () => visits(code))
  }

  /** Machines say what they are, and are not led. */
  function visits(code: string): void {
    const since = timeline.now()
    gate(
      (service) => service.follow(code),
      (lead) => {
        history.note({ what: 'sometimes', path: `a code led to: ${lead.kind}` })
        if (lead.kind === 'button' && chance.happens(0.6)) presses(code)
        if (lead.kind !== 'link') return
        history.note({ what: 'led', code: `evergreen:${code}`, since })
        opens(lead.url.split('/').at(-1) ?? '', false)
      },
    )
  }

  function presses(code: string): void {
    gate(
      (service) => service.askForFresh(code),
      (lead) => history.note({ what: 'sometimes', path: `pressed: ${lead.kind}` }),
    )
    // The impatient come back to the old message before they have the fresh one, or after.
    if (chance.happens(0.4)) timeline.after(chance.int(1, 40) * MINUTE, () => visits(code))
  }

  /** One text after the other: what was said last is what counts. */
  function says(word: string, { address, recipient }: Pick<Taken, 'address' | 'recipient'>): void {
    if (speaking.has(address)) return
    speaking.add(address)
    const addresses = [address, `recipient_sms:${recipient}`]
    if (word === 'START') history.note({ what: 'unbarred', addresses })
    const from = address.replace('phone:', '')
    const text = { provider: 'twilio', from, to: '+15005550006', text: word, providerId: newId(), optOutType: null }
    gate(
      (service) => service.reply(text),
      () => {
        speaking.delete(address)
        if (word === 'STOP') history.note({ what: 'barred', addresses, scope: 'all', why: 'STOP' })
      },
    )
    if (word === 'STOP' && chance.happens(0.3))
      timeline.after(chance.int(MINUTE, 48 * HOUR), () => says('START', { address, recipient }))
  }

  function unsubscribes({ dispatch, address, recipient }: Taken): void {
    const token = unsubscribeToken(vault, dispatch, Buffer.from(address, 'latin1'))
    gate(
      (service) => service.unsubscribe(token),
      (found) => {
        const addresses = [address, `recipient_email:${recipient}`]
        if (found) history.note({ what: 'barred', addresses, scope: 'commercial', why: 'unsubscribed' })
      },
    )
  }

  return {
    opens: (linkId) => opens(linkId),
    presses(dispatch) {
      const code = codes.get(dispatch)
      if (code) presses(code)
    },
    says,
    arrives(message) {
      keeps(message)
      if (message.channel === 'sms' && chance.happens(0.06)) timeline.after(soon(), () => says('STOP', message))
      if (message.channel === 'sms' && chance.happens(0.03))
        timeline.after(soon(), () => says('what is this?', message))
      if (message.channel === 'email' && message.category === 'commercial' && chance.happens(0.08))
        timeline.after(soon(), () => unsubscribes(message))
    },
    hook(hook) {
      if (chance.happens(weather.storm() * 0.04)) return
      const notice = noticeOf(hook, timeline.now())
      const deliver = () =>
        gate(
          (service) => service.open(notice),
          ({ fresh }) => {
            history.note({ what: 'open answered', link: hook.linkId, event: hook.event })
            if (!fresh) history.note({ what: 'sometimes', path: 'open told twice' })
          },
        )
      timeline.after(lateBy(chance), deliver)
      if (chance.happens(0.15)) timeline.after(lateBy(chance), deliver)
    },
  }
}

function lateBy(chance: Chance): number {
  if (chance.happens(0.7)) return chance.int(1, chance.happens(0.5) ? 30 : 500)
  return chance.happens(0.7) ? chance.int(500, 5 * MINUTE) : chance.int(MINUTE, 8 * HOUR)
}

function noticeOf({ event, linkId, referenceId, openedAt, operationId, byMachine }: Hook, now: number) {
  return {
    key: event === 'link.opened' ? `${event}:${linkId}` : `${event}:${operationId}`,
    type: event,
    ...{ linkId, referenceId, operationId, occurredAt: new Date(now) },
    openedAt: openedAt === null ? null : new Date(openedAt),
    ...{
      dataRequestId: null,
      url: null,
      expiresAt: null,
      userAgent: byMachine ? SCANNER : null,
      requiredFields: [],
      raw: '{}',
    },
  }
}
