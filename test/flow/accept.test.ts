import { describe, expect, it } from 'vitest'
import type { Failure } from '../../src/domain/failure.ts'
import { type AcceptPorts, accept } from '../../src/flow/accept.ts'
import { makeMissingVariables } from '../../src/flow/missing-variables.ts'
import type { DispatchOrder } from '../../src/flow/order.ts'
import type { AcceptAnswer, AcceptOrder, IntakeStore } from '../../src/flow/ports-store.ts'
import { HOUR } from '../support/builders.ts'
import { fakeRenderer, inMs, MINUTE, NOON } from '../support/fakes.ts'

const DEFAULTS: AcceptPorts['defaults'] = {
  locale: 'en',
  timeZone: 'America/New_York',
  channels: ['sms', 'email', 'push'],
  remindersAfterMs: [24 * HOUR, 72 * HOUR],
  fallBackMs: 10 * MINUTE,
  linkMaxMinutes: 10_080,
}
const CONTACT = { phone: '+15125550123', email: 'ana@example.com' }

const orderOf = (wish: Partial<DispatchOrder> = {}): DispatchOrder => ({
  referenceId: 'user_1',
  userData: null,
  contact: CONTACT,
  channels: null,
  locale: null,
  timeZone: null,
  template: 'magic-link',
  variables: {},
  category: 'transactional',
  sendAt: null,
  validUntil: null,
  reminders: undefined,
  link: {},
  ownLink: null,
  ifActive: 'supersede',
  suspectOpens: 'stop',
  fallBackMs: null,
  metadata: null,
  lane: 1,
  campaignId: null,
  variant: null,
  ...wish,
})

interface World {
  answer?: AcceptAnswer
  stored?: Awaited<ReturnType<IntakeStore['recipient']>>
  templates?: string[]
  codesBase?: string
  ownLink?: Awaited<ReturnType<AcceptPorts['checkOwnLink']>>
  defaults?: Partial<AcceptPorts['defaults']>
}

async function accepting(
  wish: Partial<DispatchOrder> = {},
  world: World = {},
  once: AcceptOrder['idempotency'] = null,
) {
  const log: string[] = []
  const orders: AcceptOrder[] = []
  const render = fakeRenderer(world.templates && { templates: world.templates })
  const missing = makeMissingVariables({ render, sampleUrl: 'https://links.example.com/sample', now: () => NOON })
  let ids = 0
  const ports: AcceptPorts = {
    intake: {
      async accept(order) {
        log.push('store')
        orders.push(order)
        return world.answer ?? { kind: 'accepted', superseded: [] }
      },
      cohort: async () => 7,
      replay: async () => null,
      async recipient() {
        log.push('recipient')
        return world.stored ?? null
      },
    },
    stops: {
      async fence(fenced) {
        log.push(`fence ${fenced}`)
      },
    },
    render,
    missingVariables: (template, channels, locale, variables) => missing({ template, channels, locale, variables }),
    checkOwnLink: async () => world.ownLink ?? { requestedMs: 24 * HOUR },
    codesBase: world.codesBase ?? null,
    defaults: { ...DEFAULTS, ...world.defaults },
    now: () => NOON,
    newId: () => `id-${++ids}`,
    wake: () => log.push('wake'),
  }
  const result = await accept(ports, orderOf(wish), once, ({ id }) => `shown ${id}`)
  return { result, log, order: orders[0], dispatch: orders[0]?.dispatch, failure: result.ok ? null : result.failure }
}

describe('accepting', () => {
  it('stores the dispatch with its plan and its answer, then wakes the pump', async () => {
    const once = { keyHash: Buffer.from('key'), bodyHash: Buffer.from('body') }

    const { result, log, order } = await accepting({ locale: 'es-MX', timeZone: 'America/Chicago' }, {}, once)

    expect(result.ok).toBe(true)
    expect(log).toEqual(['store', 'wake'])
    expect(order).toMatchObject({
      ifActive: 'supersede',
      idempotency: once,
      recipient: { locale: 'es-MX', timeZone: 'America/Chicago', contact: CONTACT },
      answer: { status: 202, location: 'id-1', body: 'shown id-1' },
    })
    expect(order?.dispatch.steps.map(({ kind }) => kind)).toEqual(['first', 'reminder', 'reminder', 'close'])
  })

  it('answers only when no step of what it superseded may start any more', async () => {
    const { log } = await accepting({}, { answer: { kind: 'accepted', superseded: ['old-1', 'old-2'] } })

    expect(log).toEqual(['recipient', 'store', 'wake', 'fence old-1,old-2'])
  })

  it('wakes nobody for an answer that was given before', async () => {
    const answer = { status: 202, location: 'old', body: 'the same' }

    const { result, log } = await accepting({}, { answer: { kind: 'replayed', answer } })

    expect(result).toMatchObject({ ok: true, answer: { kind: 'replayed', answer } })
    expect(log).not.toContain('wake')
  })

  it.each([
    [{ kind: 'key_reused' }, 'idempotency_key_reused', {}],
    [{ kind: 'in_flight' }, 'idempotency_in_flight', {}],
    [{ kind: 'active', id: 'running' }, 'dispatch_active', { active: 'running' }],
  ] as [AcceptAnswer, string, object][])('refuses what the store refuses: %j', async (answer, code, detail) => {
    const { failure, log } = await accepting({}, { answer })

    expect(failure).toMatchObject({ code, detail })
    expect(log).not.toContain('wake')
  })

  it('tells the recipient only what the request itself said', async () => {
    const { order } = await accepting({ contact: null }, { stored: { locale: 'es', timeZone: null, contact: CONTACT } })

    expect(order?.recipient).toEqual({ locale: null, timeZone: null, contact: null })
  })
})

describe('what a request leaves out', () => {
  it('comes from the defaults', async () => {
    const { dispatch } = await accepting({ contact: { email: 'ana@example.com' } })

    expect(dispatch).toMatchObject({
      locale: 'en',
      timeZone: 'America/New_York',
      zoneGiven: false,
      channels: ['email'],
      fallBackMs: 10 * MINUTE,
      lifeMinutes: 4 * 24 * 60,
      ownLink: null,
      createdAt: NOON,
    })
  })

  it('comes from what the recipient has stored, before the defaults', async () => {
    const stored = { locale: 'pt-BR', timeZone: 'America/Sao_Paulo', contact: { email: 'old@example.com' } }

    const { dispatch } = await accepting({ contact: null }, { stored })

    expect(dispatch).toMatchObject({ locale: 'pt-BR', timeZone: 'America/Sao_Paulo', zoneGiven: true })
    expect(dispatch?.person.contact).toEqual({ email: 'old@example.com' })
  })

  it('is not what the request says itself', async () => {
    const stored = { locale: 'pt-BR', timeZone: 'America/Sao_Paulo', contact: { email: 'old@example.com' } }

    const { dispatch } = await accepting({ locale: 'es', timeZone: 'Europe/Madrid', contact: CONTACT }, { stored })

    expect(dispatch).toMatchObject({ locale: 'es', timeZone: 'Europe/Madrid', zoneGiven: true })
    expect(dispatch?.person.contact).toEqual(CONTACT)
  })

  it('is a zone that the number plan leaves no doubt about', async () => {
    const { dispatch } = await accepting({ contact: { phone: '+12125550123' }, channels: ['sms'] })
    const abroad = await accepting({ contact: { phone: '+573001234567' } })

    expect(dispatch).toMatchObject({ timeZone: 'America/New_York', zoneGiven: false })
    expect(abroad.dispatch).toMatchObject({ timeZone: 'America/Bogota', zoneGiven: false })
  })

  it('is no channel of its own: the defaults over the addresses there are, and nobody is told of the others', async () => {
    const { dispatch } = await accepting({}, { defaults: { channels: ['push', 'email', 'sms'] } })

    expect(dispatch?.channels).toEqual(['email', 'sms'])
    expect(dispatch?.events.map(({ type }) => type)).toEqual(['dispatch.accepted'])
  })

  it('is told of where a channel was listed in vain', async () => {
    const { dispatch } = await accepting({ channels: ['push', 'sms'] })

    expect(dispatch?.channels).toEqual(['sms'])
    expect(dispatch?.events).toMatchObject([
      { type: 'dispatch.accepted', dispatchId: 'id-1', data: { channels: ['sms'] } },
      { type: 'channel.skipped', data: { channel: 'push', reason: 'no_address' } },
    ])
  })

  it('is the name, which userData gives before the contact', async () => {
    const contact = { ...CONTACT, name: { firstName: 'Annie' } }

    const told = await accepting({ contact, userData: { name: { firstName: 'Ana', lastName: 'Ruiz' } } })
    const known = await accepting({ contact })

    expect(told.dispatch?.person.contact.name).toEqual({ firstName: 'Ana', lastName: 'Ruiz' })
    expect(known.dispatch?.person.contact.name).toEqual({ firstName: 'Annie' })
  })
})

describe('reminders', () => {
  const remindersOf = (dispatch: { steps: { kind: string }[] } | undefined) =>
    dispatch?.steps.filter(({ kind }) => kind === 'reminder')

  it('are none where none are wanted, and the link lives a day', async () => {
    const { dispatch } = await accepting({ reminders: null })

    expect(remindersOf(dispatch)).toEqual([])
    expect(dispatch?.lifeMinutes).toBe(24 * 60)
  })

  it('have times, channels and words of their own', async () => {
    const reminders = { afterMs: [HOUR], channels: ['email' as const], template: 'nudge' }

    const { dispatch } = await accepting({ reminders })

    expect(remindersOf(dispatch)).toMatchObject([{ afterMs: HOUR, channel: 'email', chain: [], template: 'nudge' }])
  })

  it('are told with the reminder of their template, where there is one', async () => {
    const all = await accepting()
    const one = await accepting({}, { templates: ['magic-link'] })

    expect(remindersOf(all.dispatch)?.[0]).toMatchObject({ template: 'magic-link-reminder' })
    expect(remindersOf(one.dispatch)?.[0]).toMatchObject({ template: 'magic-link' })
  })

  it('go the way of the first message where none of their own channels has an address', async () => {
    const reminders = { afterMs: [HOUR], channels: ['push' as const], template: null }

    const { dispatch } = await accepting({ reminders, channels: ['push', 'sms'] })

    expect(remindersOf(dispatch)).toMatchObject([{ channel: 'sms' }])
  })
})

describe('a request that is refused', () => {
  it('has no channel that can be used', async () => {
    const { failure, order } = await accepting({ contact: { email: 'ana@example.com' }, channels: ['sms', 'push'] })

    expect(failure).toMatchObject({
      code: 'contact_missing',
      errors: [{ path: 'contact', message: 'no address for sms, push' }],
    })
    expect(order).toBeUndefined()
  })

  it('knows no address at all', async () => {
    const { failure } = await accepting({ contact: null })

    expect(failure?.code).toBe('contact_missing')
  })

  it('is not the one that lists in_app', async () => {
    const { dispatch } = await accepting({ contact: null, channels: ['in_app'] })

    expect(dispatch?.steps[0]).toMatchObject({ channel: 'in_app', chain: [] })
  })

  it.each([
    ['a sendAt in the past', { sendAt: inMs(NOON, -1_001) }, 'sendAt'],
    ['a validUntil in the past', { validUntil: NOON }, 'validUntil'],
    ['a validUntil before sendAt', { sendAt: inMs(NOON, HOUR), validUntil: inMs(NOON, HOUR) }, 'validUntil'],
    ['a link life above the limit', { link: { expiresInMinutes: 10_081 } }, 'link.expiresInMinutes'],
    ['a wish for addresses of ours where there are none', { link: { mode: 'evergreen' } }, 'link.mode'],
  ] as [string, Partial<DispatchOrder>, string][])('has %s', async (_, wish, path) => {
    const { failure } = await accepting(wish)

    expect(failure).toMatchObject({ code: 'invalid_request', errors: [{ path }] })
  })

  it('names every wrong time at once', async () => {
    const { failure } = await accepting({ sendAt: inMs(NOON, -HOUR), validUntil: inMs(NOON, -2 * HOUR) })

    expect(failure?.errors.map(({ path }) => path)).toEqual(['sendAt', 'validUntil'])
  })

  it('may wish for addresses of ours where there are such', async () => {
    const { dispatch } = await accepting({ link: { mode: 'evergreen' } }, { codesBase: 'https://here.example.com/l/' })

    expect(dispatch?.linkOptions).toEqual({ mode: 'evergreen' })
  })

  it('is not late by the second that the clocks may differ', async () => {
    const { dispatch } = await accepting({ sendAt: inMs(NOON, -1_000) })

    expect(dispatch?.steps[0]?.dueAt).toEqual(inMs(NOON, -1_000))
  })

  it.each([
    ['its template', { template: 'nothing' }, ['template']],
    [
      "its reminder's template",
      { reminders: { afterMs: [HOUR], channels: null, template: 'nothing' } },
      ['reminders.template'],
    ],
  ] as [string, Partial<DispatchOrder>, string[]][])('has %s from nowhere', async (_, wish, paths) => {
    const { failure } = await accepting(wish, { templates: ['magic-link'] })

    expect(failure?.code).toBe('template_unknown')
    expect(failure?.errors.map(({ path }) => path)).toEqual(paths)
  })

  it('lacks a variable that its reminders need', async () => {
    const reminders = { afterMs: [HOUR], channels: null, template: 'with-code' }

    const without = await accepting({ reminders })
    const reminded = await accepting({ reminders, variables: { code: '123' } })

    expect(without.failure).toMatchObject({ code: 'variable_missing', errors: [{ path: 'code' }] })
    expect(reminded.failure).toBeNull()
  })

  it('lacks a variable that its template needs', async () => {
    const without = await accepting({ template: 'with-code' })
    const empty = await accepting({ template: 'with-code', variables: { code: '' } })
    const complete = await accepting({ template: 'with-code', variables: { code: '123' } })

    expect(without.failure).toMatchObject({ code: 'variable_missing', errors: [{ path: 'code' }] })
    expect(empty.failure?.code).toBe('variable_missing')
    expect(complete.result.ok).toBe(true)
  })

  it('brings a link that is not its own', async () => {
    const ownLink = { linkId: 'link-1', url: 'https://elsewhere.example/l', expiresAt: inMs(NOON, HOUR) }
    const notYours: Failure = { code: 'link_not_yours', errors: [], detail: {} }

    const { failure, order } = await accepting({ ownLink }, { ownLink: { failure: notYours } })

    expect(failure?.code).toBe('link_not_yours')
    expect(order).toBeUndefined()
  })
})

it('carries a link that the CRM brought, under an id of ours, with the life it was made with', async () => {
  const ownLink = { linkId: 'link-1', url: 'https://links.example.com/l/1', expiresAt: inMs(NOON, HOUR) }

  const { dispatch } = await accepting({ ownLink })

  expect(dispatch?.ownLink).toEqual({ id: 'id-2', ...ownLink, requestedMs: 24 * HOUR })
  expect(dispatch?.steps[0]?.needsLink).toBe(false)
})
