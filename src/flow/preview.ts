import { type CarriedChannel, type ChannelName, chainOf } from '../domain/channel.ts'
import { SAMPLE_CODE } from '../domain/evergreen.ts'
import type { Failure } from '../domain/failure.ts'
import type { Words } from '../domain/message.ts'
import type { PlannedStep } from '../domain/step.ts'
import { exemptsTransactional, nextOpening, type Place, placeOf } from '../domain/window.ts'
import { type DraftPorts, draft } from './draft.ts'
import type { DispatchOrder } from './order.ts'
import { asMadeAt } from './own-link.ts'
import type { Renderer } from './ports.ts'
import type { NewDispatch } from './ports-store.ts'

export type PreviewPorts = Omit<DraftPorts, 'render'> & { render: Renderer; sampleUrl: string }

export interface Preview {
  dispatch: NewDispatch
  plan: { step: PlannedStep; channels: ChannelName[]; expectedAt: Date | null }[]
  messages: PreviewedMessage[]
}
export interface PreviewedMessage {
  kind: 'first' | 'reminder'
  channel: CarriedChannel
  template: string
  /** Null where the words cannot be written; then `missing` or `problem` says why. */
  words: Words | null
  locale: string | null
  version: string | null
  direction: 'ltr' | 'rtl' | null
  missing: string[]
  problem: string | null
}

/** What would be sent, and when. Nothing is stored, no link is made or asked about, nobody is written to. */
export async function preview(
  ports: PreviewPorts,
  order: DispatchOrder,
): Promise<{ preview: Preview } | { failure: Failure }> {
  const checkOwnLink: DraftPorts['checkOwnLink'] = async (_, link) => asMadeAt(ports.now(), link)
  const drafted = await draft({ ...ports, missingVariables: () => [], checkOwnLink }, order)
  if ('failure' in drafted) return drafted
  const { dispatch } = drafted
  return { preview: { dispatch, plan: planOf(dispatch), messages: messagesOf(ports, dispatch) } }
}

/** Holds, caps and the life of the link may still move a step; its window is known already. */
function planOf(dispatch: NewDispatch): Preview['plan'] {
  const place = placeOf({
    timeZone: dispatch.zoneGiven ? dispatch.timeZone : null,
    phone: dispatch.person.contact.phone,
    defaultTimeZone: dispatch.timeZone,
  })
  const firstAt = opening(dispatch, place, dispatch.sendAt ?? dispatch.createdAt, true)
  return dispatch.steps
    .filter((step) => step.kind !== 'close')
    .map((step) => ({ step, channels: [step.channel, ...step.chain].filter(isChannel), expectedAt: expectedAt(step) }))

  function expectedAt({ afterMs }: PlannedStep): Date {
    return afterMs === null ? firstAt : opening(dispatch, place, new Date(firstAt.getTime() + afterMs), false)
  }
}

const isChannel = (name: PlannedStep['channel']): name is ChannelName => name !== 'none'

function opening(dispatch: NewDispatch, place: Place, at: Date, isFirst: boolean): Date {
  const exempt = isFirst && dispatch.category === 'transactional' && exemptsTransactional(place)
  return exempt ? at : nextOpening(at, place)
}

function messagesOf(ports: PreviewPorts, dispatch: NewDispatch): PreviewedMessage[] {
  const carried = chainOf(dispatch.channels).filter((channel) => channel !== 'in_app')
  const kinds = (['first', 'reminder'] as const).flatMap((kind) => {
    const step = dispatch.steps.find((one) => one.kind === kind)
    return step ? [{ kind, template: step.template }] : []
  })
  return kinds.flatMap(({ kind, template }) =>
    carried.map((channel) => ({ kind, channel, template, ...words(ports, dispatch, channel, template) })),
  )
}

/** As long as the address that the message will carry. */
const sampleUrlOf = ({ codesBase, sampleUrl }: PreviewPorts, { linkOptions }: NewDispatch) =>
  codesBase !== null && linkOptions.mode === 'evergreen' ? `${codesBase}${SAMPLE_CODE}` : sampleUrl

function words(ports: PreviewPorts, dispatch: NewDispatch, channel: CarriedChannel, template: string) {
  const { firstName = '', lastName = '' } = dispatch.person.contact.name ?? {}
  const now = dispatch.createdAt
  const rendering = ports.render.render({
    template,
    channel,
    locale: dispatch.locale,
    timeZone: dispatch.timeZone,
    now,
    name: { first: firstName, last: lastName, full: `${firstName} ${lastName}`.trim() },
    link: { url: sampleUrlOf(ports, dispatch), expiresAt: new Date(now.getTime() + dispatch.lifeMinutes * 60_000) },
    variables: dispatch.person.variables,
  })
  if (rendering.ok) return { ...rendering, missing: [], problem: null }
  const { missing, detail } = rendering
  return { words: null, locale: null, version: null, direction: null, missing, problem: detail }
}
