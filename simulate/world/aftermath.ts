import type { Receipt } from '../../src/flow/ports-receipts.ts'
import type { HttpRequest } from '../../src/lib/http.ts'
import { COMPLAINT, judgeBounce } from '../../src/receipts/email-codes.ts'
import { receipt } from '../../src/receipts/receipt.ts'
import { readTwilioStatus } from '../../src/receipts/twilio-status.ts'
import type { Chance } from '../engine/chance.ts'
import type { History } from '../engine/history.ts'
import type { Timeline } from '../engine/timeline.ts'
import type { Taken } from './carriers.ts'
import type { Answer } from './network.ts'
import type { Weather } from './weather.ts'

const MINUTE = 60_000

/** What providers do with a message they have: it arrives or it does not, and words about it come late, twice, in any order, or never. */
export interface Aftermath {
  taken(message: Taken): void
  /** Twilio's list and its messages, as its API shows them. */
  serveTwilio(request: HttpRequest): Answer
}
interface Kept {
  message: Taken
  status: string
  code: number | null
  listedAt: number
}

export interface AftermathOptions {
  timeline: Timeline
  chance: Chance
  weather: Weather
  history: History
  /** A provider's webhook. */
  post(receipt: Receipt): void
  arrives(message: Taken): void
}

const CODES = [30003, 30005, 30007, 30008, 30001, 30036, 30410, 21610, 30002, 63014]
const BOUNCES = ['5.1.1', '5.2.2', '5.7.1', '4.4.7', '5.6.0']

export function makeAftermath(options: AftermathOptions): Aftermath {
  const { timeline, chance, weather, history, arrives } = options
  const kept = new Map<string, Kept>()

  function text(message: Taken): void {
    const slow = chance.happens(0.1)
    const one: Kept = {
      message,
      status: 'queued',
      code: null,
      listedAt: timeline.now() + (slow ? chance.int(1_000, 120_000) : 0),
    }
    kept.set(message.sid, one)
    say(one, 'sent')
    const isLost = chance.happens(0.05 + weather.storm() * 0.2)
    timeline.after(chance.happens(0.1) ? chance.int(MINUTE, 40 * MINUTE) : chance.int(200, 20_000), () => {
      one.status = isLost ? chance.pick(['undelivered', 'failed']) : 'delivered'
      one.code = isLost ? chance.pick(CODES) : null
      if (isLost) history.note({ what: 'undelivered', request: message.id })
      else arrives(message)
      say(one, one.status)
    })
  }

  /** A callback with the word as it is now: it may be late, doubled, or lost. */
  function say({ message, code }: Kept, status: string): void {
    if (chance.happens(0.05 + weather.storm() * 0.1)) return
    const tell = () => {
      const told = readTwilioStatus({
        ...{ providerId: message.sid, status, attemptId: message.attempt },
        errorCode: code === null ? undefined : String(code),
        now: new Date(timeline.now()),
      })
      if (told) options.post(told)
    }
    const late = () => (chance.happens(0.1) ? chance.int(0, 30 * MINUTE) : chance.int(5, 2_000))
    timeline.after(late(), tell)
    if (chance.happens(0.1)) timeline.after(late(), tell)
  }

  function mail(message: Taken): void {
    const stepId = message.attempt.split('.').slice(0, 2).join('.')
    const base = { provider: 'smtp', channel: 'email', stepId, providerId: message.sid } as const
    const later = (ms: number, run: () => void) => timeline.after(chance.int(500, ms), run)
    if (chance.happens(0.03 + weather.storm() * 0.15)) {
      later(30 * MINUTE, () => {
        history.note({ what: 'undelivered', request: message.id })
        options.post(receipt({ ...base, key: `bounce:${message.sid}`, ...judgeBounce(chance.pick(BOUNCES)) }))
      })
      return
    }
    later(2 * MINUTE, () => arrives(message))
    if (chance.happens(0.02))
      later(600 * MINUTE, () => options.post(receipt({ ...base, key: `complaint:${message.sid}`, ...COMPLAINT })))
  }

  return {
    taken(message) {
      if (message.provider === 'twilio') text(message)
      else if (message.channel === 'email') mail(message)
      else timeline.after(chance.int(200, 30_000), () => arrives(message))
    },
    serveTwilio({ url }) {
      const { pathname, searchParams } = new URL(url)
      const to = `phone:${searchParams.get('To')}`
      const sid = /(SM\w+)\.json$/.exec(pathname)?.[1]
      const delayMs = chance.int(20, 300)
      const one = sid ? kept.get(sid) : undefined
      if (one) return { status: 200, body: shown(one), delayMs }
      const listed = [...kept.values()].filter((k) => k.message.address === to && k.listedAt <= timeline.now())
      return { status: sid ? 404 : 200, body: { messages: listed.map(shown), next_page_uri: null }, delayMs }
    },
  }
}

const shown = ({ message, status, code }: Kept) => ({
  sid: message.sid,
  status,
  error_code: code,
  body: message.text,
  direction: 'outbound-api',
  date_created: new Date(message.at).toUTCString(),
})
