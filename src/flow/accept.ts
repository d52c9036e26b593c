import type { ChannelName } from '../domain/channel.ts'
import type { Category, Contact, IfActive } from '../domain/dispatch.ts'
import type { Failure } from '../domain/failure.ts'
import { draft } from './draft.ts'
import type { Renderer } from './ports.ts'
import type { AcceptAnswer, IntakeStore, LinkOptions, NewDispatch, StopStore } from './ports-store.ts'

export interface AcceptPorts {
  intake: IntakeStore
  stops: Pick<StopStore, 'fence'>
  render: Pick<Renderer, 'has'>
  /** Whether what the template needs is there: the names that are missing. */
  missingVariables(
    template: string,
    channels: readonly ChannelName[],
    locale: string,
    variables: Record<string, unknown>,
  ): string[]
  /** Proves that a link the CRM brought is a living one of this user's; a failure says what is wrong. */
  checkOwnLink(referenceId: string, link: BroughtLink): Promise<Failure | null>
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
  wake(): void
}

export interface BroughtLink {
  linkId: string
  url: string
  expiresAt: Date
}

/** A request as the door understood it: validated, normalised, nothing decided yet. */
export interface DispatchOrder {
  referenceId: string
  userData: Record<string, unknown> | null
  contact: Contact | null
  channels: ChannelName[] | null
  locale: string | null
  timeZone: string | null
  template: string
  variables: Record<string, unknown>
  category: Category
  sendAt: Date | null
  validUntil: Date | null
  /** null: none; undefined: the configured default. */
  reminders: { afterMs: number[]; channels: ChannelName[] | null; template: string | null } | null | undefined
  link: LinkOptions
  ownLink: BroughtLink | null
  ifActive: IfActive
  fallBackMs: number | null
  metadata: Record<string, unknown> | null
  lane: number
  campaignId: string | null
}

export interface Once {
  keyHash: Buffer
  bodyHash: Buffer
}

export type Accepted =
  | { ok: true; answer: Extract<AcceptAnswer, { kind: 'accepted' | 'replayed' }>; dispatch: NewDispatch }
  | { ok: false; failure: Failure }

/** Request → dispatch and steps, once per idempotency key. `show` writes the answer that is stored with the key. */
export async function accept(
  ports: AcceptPorts,
  order: DispatchOrder,
  once: Once | null,
  show: (dispatch: NewDispatch) => string,
): Promise<Accepted> {
  const drafted = await draft(ports, order)
  if ('failure' in drafted) return { ok: false, failure: drafted.failure }
  const { dispatch } = drafted
  const answer = await ports.intake.accept({
    dispatch,
    ifActive: order.ifActive,
    recipient: { locale: order.locale, timeZone: order.timeZone, contact: order.contact },
    idempotency: once,
    answer: { status: 202, location: dispatch.id, body: show(dispatch) },
  })
  switch (answer.kind) {
    case 'accepted':
      ports.wake()
      if (answer.superseded.length > 0) await ports.stops.fence(answer.superseded)
      return { ok: true, answer, dispatch }
    case 'replayed':
      return { ok: true, answer, dispatch }
    case 'key_reused':
      return refuse('idempotency_key_reused')
    case 'in_flight':
      return refuse('idempotency_in_flight')
    case 'active':
      return refuse('dispatch_active', [], { active: answer.id })
  }
}

const refuse = (
  code: Failure['code'],
  errors: Failure['errors'] = [],
  detail: Record<string, string> = {},
): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { code, errors, detail },
})
