import { setTimeout as pause } from 'node:timers/promises'
import type { FaultTarget } from '../src/sandbox/faults.ts'
import type { Breakage } from './faults.ts'
import type { Outside, WireName } from './outside.ts'
import type { Chance } from './random.ts'

/** What the others do wrong: answers that are no answers, and wires that break. */
export function outages(outside: Outside, chance: Chance): Breakage[] {
  return [...ANSWERS.map((one) => wrong(outside, chance, one)), ...WIRES.map((one) => broken(outside, chance, one))]
}

type Wrong = [
  target: FaultTarget,
  kind: string,
  options?: Record<string, unknown> & { code?: number; done?: boolean; delayMs?: number },
]

const ANSWERS: Wrong[] = [
  ['partner.create', 'error_500'],
  ['partner.create', 'error_503', { done: true }],
  ['partner.create', 'reply_lost'],
  ['partner.create', 'slow', { delayMs: 3_000 }],
  ['partner.create', 'html'],
  ['partner.create', 'throttle'],
  ['partner.create', 'opened_before_reply'],
  ['partner.create', 'opened_before_created'],
  ['partner.list', 'error_502'],
  ['webhook', 'duplicate'],
  ['webhook', 'bad_signature'],
  ['webhook', 'stale_timestamp'],
  ['twilio', 'error_500'],
  ['twilio', 'timeout', { done: true }],
  ['twilio', 'reset_before'],
  ['twilio', 'reset_after'],
  ['twilio', 'throttle', { retryAfter: 2 }],
  ['twilio', 'code', { code: 20_503, status: 503 }],
  ['twilio', 'code', { code: 21_612 }],
  ['twilio', 'no_receipt'],
  ['twilio', 'receipt', { code: 30_003 }],
  ['fcm', 'unavailable'],
  ['fcm', 'internal'],
  ['fcm', 'reset_after'],
  ['fcm', 'timeout', { done: true }],
  ['fcm', 'unregistered'],
  ['smtp', 'code', { stage: 'rcpt', code: 451, message: '4.3.0 Try again' }],
  ['smtp', 'code', { stage: 'dot', code: 550, message: '5.1.1 No such user' }],
  ['smtp', 'drop_before_354'],
  ['smtp', 'drop_after_dot'],
  ['smtp', 'greeting_421'],
]

const wrong = ({ world }: Outside, chance: Chance, [target, kind, options]: Wrong): Breakage => ({
  kind: 'wrong answers',
  target,
  async run() {
    const count = chance.between(3, 12)
    const mark = Symbol(kind)
    world.faults.arm(target, { ...options, kind, count, mark })
    await pause(WRONG_FOR_MS)
    while (world.faults.take(target, (fault) => fault['mark'] === mark));
    return `${count} ${kind}`
  },
})

/** What nobody met by then is over: a provider that is asked once a minute would else never be well again. */
const WRONG_FOR_MS = 6_000

const WIRES: [wire: WireName, mode: 'hole' | 'slow' | 'refuse'][] = [
  ['partner', 'hole'],
  ['partner', 'slow'],
  ['partner', 'refuse'],
  ['twilio', 'hole'],
  ['twilio', 'slow'],
  ['twilio', 'refuse'],
  ['fcm', 'hole'],
  ['fcm', 'refuse'],
  ['smtp', 'hole'],
  ['smtp', 'slow'],
  ['smtp', 'refuse'],
]

const broken = ({ wires }: Outside, chance: Chance, [wire, mode]: (typeof WIRES)[number]): Breakage => ({
  kind: mode === 'hole' ? 'half-open' : mode === 'slow' ? 'latency' : 'refused',
  target: wire,
  async run() {
    wires[wire].set(mode, chance.between(200, 900))
    await pause(chance.between(1_500, 5_000))
    wires[wire].set('pass')
    return undefined
  },
})
