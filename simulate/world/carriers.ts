import { makeVonage } from '../../src/channels/sms-vonage.ts'
import type { Message } from '../../src/domain/message.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Attempt, Provider } from '../../src/flow/ports.ts'
import type { HttpRequest } from '../../src/lib/http.ts'
import type { Chance } from '../engine/chance.ts'
import type { History, RequestFact } from '../engine/history.ts'
import type { Process } from '../engine/process.ts'
import { CODES_BASE } from '../engine/service.ts'
import type { Tables } from '../store/tables.ts'
import { fateOf } from './fates.ts'
import { type Answer, makeHttp } from './network.ts'
import type { PartnerWorld } from './partner.ts'
import type { Weather } from './weather.ts'

/** A message that a provider has. */
export interface Taken extends RequestFact {
  sid: string
  at: number
  text: string
}

export interface CarrierOptions {
  tables: Tables
  partner: PartnerWorld
  chance: Chance
  weather: Weather
  history: History
  newId: () => string
  taken(message: Taken): void
}

export function makeCarriers(options: CarrierOptions, proc: Process): Provider[] {
  const simple = (name: 'twilio' | 'smtp' | 'fcm', channel: Provider['channel']): Provider => ({
    name,
    sender: '*',
    channel,
    send: (message, attempt) => carry(options, proc, { name, message, attempt }),
    close: () => Promise.resolve(),
  })
  return [simple('twilio', 'sms'), vonage(options, proc), simple('smtp', 'email'), simple('fcm', 'push')]
}

interface Carried {
  name: 'twilio' | 'smtp' | 'fcm'
  message: Message
  attempt: Attempt
}

/** The contract of an adapter: a connection, the start deadline, one request, one outcome. */
async function carry(options: CarrierOptions, proc: Process, { name, message, attempt }: Carried): Promise<Outcome> {
  const { chance, weather } = options
  await proc.wait(chance.happens(0.02 + weather.storm() * 0.15) ? chance.int(50, 2_300) : chance.int(3, 40))
  if (proc.monotonic() > attempt.startBy) return { kind: 'late' }
  const trouble = weather.trouble(name)
  if (trouble === 'refuses') return { kind: 'retry', reason: 'connection_refused' }
  const { taken, outcome, delayMs } = fateOf(name, chance, weather)
  const validForMs =
    name === 'smtp' ? null : Math.min(attempt.validForMs, name === 'twilio' ? 36_000_000 : attempt.validForMs)
  const providerId = note(options, { name, message, attemptId: attempt.id, validForMs, taken })
  await proc.wait(delayMs)
  return outcome ?? { kind: 'accepted', providerId }
}

/** The real adapter over a network of ours. */
function vonage(options: CarrierOptions, proc: Process): Provider {
  const { chance, weather } = options
  const http = makeHttp(proc, { place: 'vonage', chance, weather }, (request) => serveVonage(options, request))
  return makeVonage({ apiKey: 'key', apiSecret: 'secret', from: 'Acme', http })
}

function serveVonage(options: CarrierOptions, { body = '' }: HttpRequest): Answer {
  const { chance, weather } = options
  const form = new URLSearchParams(body)
  const trouble = weather.trouble('vonage')
  const status =
    trouble === 'shut' ? '4' : chance.happens(weather.storm() * 0.1) ? chance.pick(['1', '5', '6', '33']) : '0'
  const taken = status === '0' && trouble !== 'errors'
  const message: Message = { channel: 'sms', to: `+${form.get('to')}`, text: form.get('text') ?? '' }
  const attemptId = form.get('client-ref') ?? ''
  const id = note(options, { name: 'vonage', message, attemptId, validForMs: Number(form.get('ttl')), taken })
  const delayMs = chance.int(20, 300)
  if (trouble === 'errors') return { status: 503, headers: { 'retry-after': '5' }, body: {}, delayMs }
  return { status: 200, body: { messages: [{ status, 'message-id': id }] }, delayMs }
}

interface Noted {
  name: RequestFact['provider']
  message: Message
  attemptId: string
  validForMs: number | null
  taken: boolean
}

/** Written down as the request's first byte leaves. */
function note(options: CarrierOptions, { name, message, attemptId, validForMs, taken }: Noted): string {
  const { tables, partner, history } = options
  const sid = `SM${options.newId().slice(-8)}`
  const [dispatch = '', stepN, attemptN] = attemptId.split('.')
  const row = tables.dispatches.get(dispatch)
  const step = row?.steps.find(({ n }) => n === Number(stepN))
  const attempt = row?.attempts.find(({ stepN, n }) => stepN === step?.n && n === Number(attemptN))
  const { channel, address, text } = partsOf(message)
  const carried = carriedIn(text, tables.links.get(attempt?.linkId ?? '')?.linkId ?? '')
  const link = partner.links.get(carried.link)
  const fact: RequestFact = {
    what: 'request',
    ...{ id: sid, dispatch, n: step?.n ?? 0, kind: step?.kind ?? 'first', turn: attempt?.turn ?? 0 },
    ...{ template: step?.template ?? '', attempt: attemptId },
    ...{ provider: name, channel, address, recipient: row?.referenceId ?? '', ...carried, taken },
    category: row?.category ?? 'transactional',
    campaign: row?.campaignId != null,
    linkExpiresAt: link?.expiresAt ?? 0,
    linkLifeMs: link ? link.expiresAt - link.createdAt : 0,
    validUntil: validForMs === null ? null : tables.now() + validForMs,
  }
  history.note(fact)
  if (taken) options.taken({ ...fact, sid, at: tables.now(), text })
  return sid
}

/** The link that the text says, or the claimed one, where a code stands for it. */
function carriedIn(text: string, claimed: string): Pick<RequestFact, 'link' | 'code'> {
  const [, code] = text.split(CODES_BASE)
  if (code) return { link: claimed, code: `evergreen:${code}` }
  return { link: /\/l\/(lk[0-9a-f]+)/.exec(text)?.[1] ?? '', code: '' }
}

function partsOf(message: Message): { channel: RequestFact['channel']; address: string; text: string } {
  switch (message.channel) {
    case 'sms':
      return { channel: 'sms', address: `phone:${message.to}`, text: message.text }
    case 'email':
      return { channel: 'email', address: `email:${message.to.address}`, text: message.text }
    case 'push':
      return { channel: 'push', address: `token:${message.token}`, text: message.url }
  }
}
