import { type ChannelName, chainOf } from '../domain/channel.ts'
import { type Contact, reachable } from '../domain/dispatch.ts'
import type { NewEvent } from '../domain/event.ts'
import { type Failure, failure } from '../domain/failure.ts'
import { zoneOfPhone } from '../domain/number-plan.ts'
import { lifeMinutes, type PlannedStep, planSteps } from '../domain/step.ts'
import type { BroughtLink, DispatchOrder } from './order.ts'
import type { OwnLinkProof } from './own-link.ts'
import type { Renderer } from './ports.ts'
import type { IntakeStore, NewDispatch } from './ports-store.ts'

export interface DraftPorts {
  intake: Pick<IntakeStore, 'recipient'>
  render: Pick<Renderer, 'has'>
  /** Whether what the template needs is there: the names that are missing. */
  missingVariables(
    template: string,
    channels: readonly ChannelName[],
    locale: string,
    variables: Record<string, unknown>,
  ): string[]
  /** Proves that a link the CRM brought is a living one of this user's. */
  checkOwnLink(referenceId: string, link: BroughtLink): Promise<OwnLinkProof>
  /** Where codes of ours lead, `PUBLIC_URL/l/`; null: nowhere. */
  codesBase: string | null
  defaults: {
    locale: string
    timeZone: string
    channels: readonly ChannelName[]
    remindersAfterMs: readonly number[]
    fallBackMs: number
    linkMaxMinutes: number
  }
  now(): Date
  newId(): string
}
type Known = Awaited<ReturnType<IntakeStore['recipient']>>

/** The dispatch as it will be stored: what the request says, then what the recipient has stored, then the defaults. */
export async function draft(
  ports: DraftPorts,
  order: DispatchOrder,
): Promise<{ dispatch: NewDispatch } | { failure: Failure }> {
  const now = ports.now()
  const saysAll = order.contact !== null && order.locale !== null && order.timeZone !== null
  const known = saysAll ? null : await ports.intake.recipient(order.referenceId)
  const contact = order.contact ?? known?.contact ?? {}
  const { channels, without } = channelsFor(ports, order, contact)
  const problem = problemWith(ports, order, channels, without, now)
  if (problem) return { failure: problem }
  const proof = order.ownLink && (await ports.checkOwnLink(order.referenceId, order.ownLink))
  if (proof && 'failure' in proof) return proof
  return { dispatch: assemble(ports, order, { known, contact, channels, without, proof, now }) }
}

interface Found {
  known: Known
  contact: Contact
  channels: ChannelName[]
  without: ChannelName[]
  proof: { requestedMs: number } | null
  now: Date
}

function assemble(ports: DraftPorts, order: DispatchOrder, found: Found): NewDispatch {
  const { contact, channels, proof, now } = found
  const id = ports.newId()
  const { referenceId, lane, campaignId, category, template, sendAt, validUntil, userData, variables, metadata, link } =
    order
  return {
    id,
    referenceId,
    lane,
    campaignId,
    cohort: null,
    category,
    template,
    sendAt,
    validUntil,
    userData,
    channels,
    createdAt: now,
    linkOptions: link,
    suspectOpens: order.suspectOpens,
    ...placeAndTongue(ports, order, found),
    fallBackMs: order.fallBackMs ?? ports.defaults.fallBackMs,
    lifeMinutes: link.expiresInMinutes ?? lifeMinutes(remindersAfter(ports, order), ports.defaults.linkMaxMinutes),
    ownLink: order.ownLink && proof && { id: ports.newId(), ...order.ownLink, ...proof },
    person: { contact: { ...contact, ...nameOf(contact, userData) }, variables, metadata },
    steps: stepsFor(ports, order, channels, now),
    events: acceptedEvents(id, channels, found.without, order),
  }
}

function placeAndTongue({ defaults }: Pick<DraftPorts, 'defaults'>, order: DispatchOrder, { known, contact }: Found) {
  const zone = order.timeZone ?? known?.timeZone ?? null
  return {
    locale: order.locale ?? known?.locale ?? defaults.locale,
    timeZone: zone ?? zoneOfPhone(contact.phone ?? '') ?? defaults.timeZone,
    zoneGiven: zone !== null,
  }
}

const remindersAfter = ({ defaults }: Pick<DraftPorts, 'defaults'>, { reminders }: DispatchOrder): readonly number[] =>
  reminders === null ? [] : (reminders?.afterMs ?? defaults.remindersAfterMs)

function stepsFor(ports: DraftPorts, order: DispatchOrder, channels: ChannelName[], now: Date): PlannedStep[] {
  return planSteps({
    channels,
    template: order.template,
    reminderTemplate: reminderTemplate(ports, order),
    reminderChannels: reminderChannels(order, channels),
    remindersAfterMs: remindersAfter(ports, order),
    fallBackMs: order.fallBackMs ?? ports.defaults.fallBackMs,
    startAt: order.sendAt ?? now,
    validUntil: order.validUntil,
    bringsLink: order.ownLink !== null,
  })
}

/** The reminders' own preference, as far as there are addresses; else the dispatch's. */
function reminderChannels({ reminders }: DispatchOrder, channels: ChannelName[]): ChannelName[] {
  const usable = reminders?.channels?.filter((name) => channels.includes(name)) ?? []
  return usable.length > 0 ? usable : channels
}

function problemWith(
  ports: DraftPorts,
  order: DispatchOrder,
  channels: ChannelName[],
  without: ChannelName[],
  now: Date,
): Failure | undefined {
  if (channels.length === 0)
    return failure('contact_missing', [
      { path: 'contact', message: `no address for ${without.join(', ') || 'any channel'}` },
    ])
  return wishesFailure(ports, order, now) ?? templateFailure(ports, order, channels)
}

/** A listed channel without an address is skipped, and the timeline says so. */
function channelsFor(ports: Pick<DraftPorts, 'defaults'>, order: DispatchOrder, contact: Contact) {
  const { usable, without } = reachable(contact, order.channels ?? ports.defaults.channels)
  return { channels: usable, without: order.channels ? without : [] }
}

function wishesFailure(
  ports: Pick<DraftPorts, 'defaults' | 'codesBase'>,
  order: DispatchOrder,
  now: Date,
): Failure | undefined {
  const errors: Failure['errors'] = []
  if (order.sendAt && order.sendAt.getTime() < now.getTime() - 1_000)
    errors.push({ path: 'sendAt', message: 'lies in the past' })
  if (order.validUntil && order.validUntil <= (order.sendAt ?? now))
    errors.push({ path: 'validUntil', message: 'must lie after sendAt and in the future' })
  const max = ports.defaults.linkMaxMinutes
  if ((order.link.expiresInMinutes ?? 0) > max)
    errors.push({ path: 'link.expiresInMinutes', message: `may be ${max} at most (LINK_MAX_MINUTES)` })
  // After the wait there would be nothing to send: an opened URL is never sent again, and this one is never re-issued.
  if (order.ownLink && order.suspectOpens === 'hold')
    errors.push({ path: 'suspectOpens', message: 'must be stop with a link of your own' })
  if (order.link.mode === 'evergreen' && ports.codesBase === null)
    errors.push({ path: 'link.mode', message: 'needs an https address of this service (PUBLIC_URL)' })
  return errors.length > 0 ? { code: 'invalid_request', errors, detail: {} } : undefined
}

function templateFailure(
  ports: Pick<DraftPorts, 'render' | 'missingVariables' | 'defaults'>,
  order: DispatchOrder,
  channels: ChannelName[],
): Failure | undefined {
  const unknown = [
    ['template', order.template],
    ['reminders.template', order.reminders?.template ?? null] as const,
  ].filter(([, name]) => name !== null && !ports.render.has(name ?? ''))
  if (unknown.length > 0)
    return {
      code: 'template_unknown',
      errors: unknown.map(([path]) => ({ path: path ?? 'template', message: 'no template of this name' })),
      detail: {},
    }
  const locale = order.locale ?? ports.defaults.locale
  // A reminder that cannot be written would be found out days later, with nobody there to tell.
  const templates =
    remindersAfter(ports, order).length > 0 ? [order.template, reminderTemplate(ports, order)] : [order.template]
  const missing = [
    ...new Set(templates.flatMap((one) => ports.missingVariables(one, chainOf(channels), locale, order.variables))),
  ]
  if (missing.length === 0) return undefined
  return {
    code: 'variable_missing',
    errors: missing.map((name) => ({ path: name, message: 'the template needs it' })),
    detail: {},
  }
}

/** `magic-link` is followed by `magic-link-reminder` where there is one. */
function reminderTemplate(ports: Pick<DraftPorts, 'render'>, order: DispatchOrder): string {
  const own = `${order.template}-reminder`
  return order.reminders?.template ?? (ports.render.has(own) ? own : order.template)
}

/** The name to greet with: `userData`'s, else the contact's. */
function nameOf(contact: Contact, userData: Record<string, unknown> | null): { name?: NonNullable<Contact['name']> } {
  const name = (userData?.['name'] as { firstName?: string; lastName?: string } | undefined) ?? contact.name
  if (!name) return {}
  return {
    name: { ...(name.firstName && { firstName: name.firstName }), ...(name.lastName && { lastName: name.lastName }) },
  }
}

function acceptedEvents(id: string, channels: ChannelName[], without: ChannelName[], order: DispatchOrder): NewEvent[] {
  const accepted: NewEvent = {
    type: 'dispatch.accepted',
    dispatchId: id,
    data: { referenceId: order.referenceId, channels, template: order.template },
  }
  return [
    accepted,
    ...without.map(
      (channel): NewEvent => ({ type: 'channel.skipped', dispatchId: id, data: { channel, reason: 'no_address' } }),
    ),
  ]
}
