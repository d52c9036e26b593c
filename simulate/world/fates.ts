import { judgeFailure, type SmtpFailure } from '../../src/channels/email-smtp-codes.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Chance } from '../engine/chance.ts'
import type { Place, Trouble, Weather } from './weather.ts'

/** What becomes of a request that was written: whether the provider has the message, and what we hear. */
export interface Fate {
  taken: boolean
  /** undefined: taken, and said so. */
  outcome: Outcome | undefined
  delayMs: number
}

export function fateOf(place: Exclude<Place, 'partner' | 'vonage'>, chance: Chance, weather: Weather): Fate {
  const trouble = weather.trouble(place)
  const delayMs = chance.happens(weather.storm() * 0.05) ? chance.int(1_000, 9_000) : chance.int(20, 300)
  if (trouble === 'silent' || chance.happens(weather.storm() * 0.06))
    return { taken: chance.happens(0.5), outcome: unheard(place), delayMs: chance.int(100, 10_000) }
  if (trouble) return { taken: false, outcome: TROUBLED[place][trouble === 'shut' ? 'shut' : 'errors'], delayMs }
  if (chance.happens(weather.storm() * 0.25)) return { taken: false, outcome: chance.pick(REFUSALS[place]), delayMs }
  return { taken: true, outcome: undefined, delayMs }
}

/** The answer was lost: over HTTP a timeout, over SMTP a connection that broke after the 354. */
const unheard = (place: Exclude<Place, 'partner' | 'vonage'>): Outcome =>
  place === 'smtp'
    ? judgeFailure({ stage: 'message', code: 'ECONNECTION', dataOpen: true, replies: 4 })
    : { kind: 'ambiguous', reason: 'timeout' }

const smtp = (stage: SmtpFailure['stage'], reply: string): Outcome =>
  judgeFailure({ stage, reply, code: 'EENVELOPE', dataOpen: stage === 'message', replies: 2 })

type Sender = Exclude<Place, 'partner' | 'vonage'>
const REFUSALS: Record<Sender, Outcome[]> = {
  twilio: [
    { kind: 'throttle', reason: 'too_many_requests', afterMs: 2_000 },
    { kind: 'retry', reason: 'unavailable' },
    { kind: 'retry', reason: 'unavailable', afterMs: 20_000 },
    { kind: 'suppress', reason: 'opted_out', suppression: 'opt_out' },
    { kind: 'suppress', reason: 'number_invalid', suppression: 'invalid' },
    { kind: 'permanent', reason: 'route_missing' },
    { kind: 'alert', reason: 'sender_invalid' },
  ],
  smtp: [
    smtp('rcpt', '550 5.1.1 no such user'),
    smtp('rcpt', '450 4.7.1 greylisted, come again'),
    smtp('rcpt', '452 4.2.2 mailbox full'),
    smtp('message', '554 5.6.0 malformed'),
    smtp('message', '451 4.3.0 try later'),
    smtp('greeting', '421 too busy'),
    smtp('auth', '535 5.7.8 credentials'),
    judgeFailure({ stage: 'session', code: 'ECONNECTION', dataOpen: false, replies: 0 }),
  ],
  fcm: [
    { kind: 'suppress', reason: 'token_unregistered', suppression: 'token_dead' },
    { kind: 'retry', reason: 'unavailable' },
    { kind: 'throttle', reason: 'quota_exceeded', afterMs: 60_000 },
    { kind: 'permanent', reason: 'payload_refused', alert: true },
    { kind: 'alert', reason: 'permission_denied' },
  ],
}
const TROUBLED: Record<Sender, Record<Extract<Trouble, 'errors' | 'shut'>, Outcome>> = {
  twilio: { errors: { kind: 'retry', reason: 'unavailable' }, shut: { kind: 'alert', reason: 'account_not_active' } },
  smtp: { errors: smtp('rcpt', '451 4.3.0 local error'), shut: smtp('auth', '535 5.7.8 credentials') },
  fcm: { errors: { kind: 'retry', reason: 'unavailable' }, shut: { kind: 'alert', reason: 'permission_denied' } },
}
