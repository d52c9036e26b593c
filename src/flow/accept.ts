import type { Failure } from '../domain/failure.ts'
import { type DraftPorts, draft } from './draft.ts'
import type { DispatchOrder } from './order.ts'
import type { AcceptAnswer, AcceptOrder, IntakeStore, NewDispatch, StopStore } from './ports-store.ts'

export interface AcceptPorts extends DraftPorts {
  intake: IntakeStore
  stops: Pick<StopStore, 'fence'>
  wake(): void
}

export interface Once {
  keyHash: Buffer
  bodyHash: Buffer
}

export type Accepted =
  | { ok: true; answer: Extract<AcceptAnswer, { kind: 'accepted' | 'replayed' | 'taken' }>; dispatch: NewDispatch }
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
  const { audience, cohort } = await placeIn(ports, order, drafted.dispatch)
  const dispatch = { ...drafted.dispatch, cohort }
  const answer = await ports.intake.accept({
    dispatch,
    audience,
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
    case 'taken':
      return { ok: true, answer, dispatch }
  }
}

/** A row of an audience becomes a dispatch once, and is counted with those like it. */
async function placeIn(
  { intake }: AcceptPorts,
  { campaignId, referenceId, variant }: DispatchOrder,
  { locale }: NewDispatch,
): Promise<Pick<AcceptOrder, 'audience'> & Pick<NewDispatch, 'cohort'>> {
  if (campaignId === null || variant === null) return { audience: null, cohort: null }
  return { audience: { campaignId, referenceId }, cohort: await intake.cohort({ campaignId, variant, locale }) }
}

const refuse = (
  code: Failure['code'],
  errors: Failure['errors'] = [],
  detail: Record<string, string> = {},
): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { code, errors, detail },
})
