import { randomBytes } from 'node:crypto'
import { chainOf } from '../../src/domain/channel.ts'
import { planSteps } from '../../src/domain/step.ts'
import type { ClaimOrder, FreshLink, Settlement, StopQuestion, Work } from '../../src/flow/ports-deliver.ts'
import type { FactOrder } from '../../src/flow/ports-facts.ts'
import type { AcceptOrder, NewDispatch, StepTurn } from '../../src/flow/ports-store.ts'
import { newUuid } from '../../src/lib/id.ts'
import { makeVault } from '../../src/vault/vault.ts'

export const HOUR = 3_600_000
const MINUTE = 60_000

/** One vault for every test of a file: what it seals, it opens. */
const keys = [{ id: 'k1', key: randomBytes(32) }]
const lookupKeys = [{ id: 'l1', key: randomBytes(32) }]
export const testVault = makeVault({ keys, lookupKeys })
/** The same after a new look-up key was put first. */
export const laterVault = makeVault({ keys, lookupKeys: [{ id: 'l2', key: randomBytes(32) }, ...lookupKeys] })

let count = 0
/** A word that occurs once in this process. */
export const unique = (word: string): string => `${word}-${process.pid}-${++count}`

export interface DispatchWish extends Partial<Omit<NewDispatch, 'steps'>> {
  remindersAfterMs?: number[]
  startAt?: Date
}

/** A dispatch as the road drafts it: by SMS, then email, with reminders after one and three days. */
function aDispatch(wish: DispatchWish = {}): NewDispatch {
  const { remindersAfterMs = [24 * HOUR, 72 * HOUR], startAt, ...given } = wish
  const id = given.id ?? newUuid()
  const createdAt = given.createdAt ?? new Date()
  const channels = given.channels ?? ['sms', 'email']
  const template = given.template ?? 'magic-link'
  const ownLink = given.ownLink ?? null
  const person = given.person ?? {
    contact: { phone: '+15125550123', email: 'ana@example.com', name: { firstName: 'Ana' } },
    variables: {},
    metadata: null,
  }
  return {
    referenceId: unique('user'),
    lane: 1,
    campaignId: null,
    cohort: null,
    category: 'transactional',
    locale: 'es-MX',
    timeZone: 'America/Chicago',
    zoneGiven: true,
    fallBackMs: 10 * MINUTE,
    lifeMinutes: 5_760,
    linkOptions: {},
    suspectOpens: 'stop',
    sendAt: null,
    validUntil: null,
    userData: null,
    events: [{ type: 'dispatch.accepted', dispatchId: id, data: { channels, template } }],
    ...given,
    id,
    createdAt,
    channels,
    template,
    ownLink,
    person,
    steps: planSteps({
      channels,
      template,
      reminderTemplate: `${template}-reminder`,
      reminderChannels: chainOf(channels),
      remindersAfterMs,
      fallBackMs: given.fallBackMs ?? 10 * MINUTE,
      startAt: startAt ?? given.sendAt ?? new Date(createdAt.getTime() - 1_000),
      validUntil: given.validUntil ?? null,
      bringsLink: ownLink !== null,
    }),
  }
}

export type OrderWish = DispatchWish &
  Partial<Pick<AcceptOrder, 'audience' | 'ifActive' | 'recipient' | 'idempotency' | 'answer'>>

/** An order for one dispatch; what is not an order's own goes to the dispatch. */
export function anOrder({ audience, ifActive, recipient, idempotency, answer, ...wish }: OrderWish = {}): AcceptOrder {
  const dispatch = aDispatch(wish)
  return {
    dispatch,
    audience: audience ?? null,
    ifActive: ifActive ?? 'supersede',
    recipient: recipient ?? { locale: dispatch.locale, timeZone: null, contact: dispatch.person.contact },
    idempotency: idempotency ?? null,
    answer: answer ?? { status: 202, location: dispatch.id, body: JSON.stringify({ id: dispatch.id }) },
  }
}

/** The hashes of an idempotency key and of the body that came with it. */
export const aKey = (name = unique('key'), body = 'body') => ({
  keyHash: testVault.lookup('idempotency', name),
  bodyHash: testVault.lookup('body', body),
})

export function aLink(wish: Partial<FreshLink> = {}): FreshLink {
  const linkId = wish.linkId ?? `link_${unique('secret')}`
  return {
    id: newUuid(),
    linkId,
    url: `https://links.example.com/l/${linkId}`,
    expiresAt: new Date(Date.now() + 96 * HOUR),
    requestedMs: 96 * HOUR,
    origin: 'created',
    createdAt: new Date(),
    replaces: false,
    ...wish,
  }
}

/** The claim that `deliver` would make of this work, over its first address. */
export function aClaim(work: Work, link: ClaimOrder['link'], wish: Partial<ClaimOrder> = {}): ClaimOrder {
  return {
    dispatchId: work.dispatchId,
    n: work.n,
    turn: work.turn,
    referenceId: work.dispatch.referenceId,
    link,
    slot: work.slot,
    attempts: [{ n: work.attempts + 1, provider: 'twilio', addressHash: phoneHash(work.person.contact.phone ?? '') }],
    outcomeWithinMs: 30_000,
    ...wish,
  }
}

export const phoneHash = (phone: string) => testVault.lookup('phone', phone)

export function aQuestion(work: Work, linkId: string, wish: Partial<StopQuestion> = {}): StopQuestion {
  return {
    dispatchId: work.dispatchId,
    n: work.n,
    kind: work.kind,
    channel: work.channel,
    provider: 'twilio',
    template: `${work.template}@1`,
    linkId,
    hashes: [
      ...testVault.lookups('phone', work.person.contact.phone ?? ''),
      ...testVault.lookups('recipient', work.dispatch.referenceId),
    ],
    probing: null,
    caps: null,
    ...wish,
  }
}

/** A settlement that leaves the step as it is, but for what is said. */
export function aSettlement(turn: StepTurn, wish: Partial<Settlement> = {}): Settlement {
  return {
    dispatchId: turn.dispatchId,
    n: turn.n,
    turn: turn.turn,
    from: 'claimed',
    to: 'handed',
    reason: null,
    dueAt: null,
    channel: 'sms',
    chain: ['email'],
    tries: 0,
    fallBackAt: null,
    needsLink: false,
    provider: 'twilio',
    confirmed: true,
    attempts: [],
    linkExpiresAt: null,
    ends: null,
    freeSlot: null,
    events: [],
    ...wish,
  }
}

/** The partner's notice of an open, as the road stores it: a minute from now, so that nobody is suspected. */
export function aFact(wish: Partial<FactOrder> & { linkId?: string } = {}): FactOrder {
  const { linkId, ...given } = wish
  const type = given.type ?? 'link.opened'
  return {
    keyHash: testVault.lookup('notice', `${type}:${linkId ?? unique('notice')}`),
    otherKeyHashes: [],
    type,
    linkLookups: linkId ? testVault.lookups('link', linkId) : [],
    referenceId: null,
    occurredAt: new Date(),
    openedAt: type === 'link.opened' ? new Date(Date.now() + MINUTE) : null,
    operationId: null,
    suspect: null,
    raw: '{}',
    data: { event: type },
    ...given,
  }
}

/** Mulberry32: chance that comes out the same every time. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
