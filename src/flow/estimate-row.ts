import { earliestOf, HOLDOUT, variantOf } from '../domain/campaign.ts'
import type { ChannelName } from '../domain/channel.ts'
import type { FailureCode } from '../domain/failure.ts'
import { HORIZON_MS } from '../domain/forecast-group.ts'
import { ALWAYS, openHours, type Stretch } from '../domain/open-hours.ts'
import { sendTime } from '../domain/send-time.ts'
import { placeOf } from '../domain/window.ts'
import { type DraftPorts, draft } from './draft.ts'
import { linkUntil, type TimedStep, timesOf } from './estimate-times.ts'
import { orderOf } from './launch.ts'
import type { DispatchOrder } from './order.ts'
import { asMadeAt } from './own-link.ts'
import type { Renderer } from './ports.ts'
import type { Campaign, TakenRow } from './ports-campaign.ts'
import type { NewDispatch } from './ports-store.ts'

export interface RowPorts extends Pick<DraftPorts, 'missingVariables' | 'codesBase' | 'defaults'> {
  render: Renderer
  segments(text: string): Segmented
  /** Channels this installation can send on. */
  carries(channel: ChannelName): boolean
}

export interface Segmented {
  encoding: string
  segments: number
  characters: number
}

/** A message as it would leave. */
export interface SeenMessage {
  kind: 'first' | 'reminder'
  channel: ChannelName
  template: string
  afterMs: number
  needsLink: boolean
  /** Of a text; null where it cannot be written, and of every other message. */
  text: Segmented | null
}

/** What would become of a row. */
export type SeenRow =
  | { fate: 'held_out' | 'suppressed' | 'unreachable' | 'never_open' | 'link_dies' }
  | { fate: 'refused'; code: FailureCode; missing: string[] }
  | SentRow

export interface SentRow {
  fate: 'sent'
  variant: string
  hours: readonly Stretch[]
  startAt: number
  /** The first message, then its reminders. */
  messages: SeenMessage[]
  /** Not the channel that was wished for most. */
  isSecondChoice: boolean
  /** Some of its words are in another language than the person's. */
  fallsBack: boolean
  /** The last moment at which a link that the row brought can set out. */
  linkUntil: number | null
}

/** Looks at rows of one campaign, as if it were started at `now`: each becomes the dispatch that it will be. */
export function makeRowReader(ports: RowPorts, campaign: Campaign, { now, url }: { now: Date; url: string }) {
  const draftOf = makeDrafter(ports, campaign, now)
  const hoursOf = makeHours(campaign, now)
  const startOf = makeStarts(campaign, now)
  const speaks = makeSpeaks(ports)

  function look(dispatch: NewDispatch, order: DispatchOrder, variant: string): SeenRow {
    const channel = firstCarried(ports, dispatch.steps[0])
    if (channel === undefined) return { fate: 'unreachable' }
    const startAt = startOf(dispatch.timeZone, variant)
    const hours = channel === 'in_app' ? ALWAYS : hoursOf(dispatch)
    const leavesAt = openFrom(hours, startAt)
    if (leavesAt === null) return { fate: 'never_open' }
    const until = linkUntil(dispatch)
    if (until !== null && until < leavesAt) return { fate: 'link_dies' }
    const messages = timesOf(dispatch, leavesAt).flatMap((timed): SeenMessage[] => {
      const carried = firstCarried(ports, timed.step)
      return carried ? [messageOf(ports, dispatch, { timed, channel: carried, leavesAt, url })] : []
    })
    const [wished] = (order.channels ?? ports.defaults.channels).filter((name) => name !== 'in_app')
    const isSecondChoice = wished !== undefined && wished !== channel
    const fallsBack = messages.some(({ template }) => !speaks(template, dispatch.locale))
    return { fate: 'sent', variant, hours, startAt, messages, isSecondChoice, fallsBack, linkUntil: until }
  }

  return async function see(row: TakenRow): Promise<SeenRow> {
    const variant = variantOf(row.bucket, campaign.plan.variants, campaign.plan.holdout)
    if (variant === HOLDOUT) return { fate: 'held_out' }
    if (row.suppressed) return { fate: 'suppressed' }
    const order = orderFor(campaign, row, variant)
    const drafted = await draftOf(order)
    return 'failure' in drafted ? refusal(drafted.failure) : look(drafted.dispatch, order, variant)
  }
}

/** The order as the row stands, with what its recipient had stored when it was taken. */
export function orderFor(campaign: Campaign, row: TakenRow, variant: string): DispatchOrder {
  const { contact, locale, timeZone, zoneGiven } = row
  return { ...orderOf(campaign, row, variant), contact, locale, timeZone: zoneGiven ? timeZone : null }
}

/** Asks nobody: not the recipients, who were asked when the audience was taken, nor the partner. */
function makeDrafter(ports: RowPorts, campaign: Campaign, now: Date) {
  const asking: DraftPorts = {
    ...ports,
    intake: { recipient: async () => null },
    checkOwnLink: async (_, link) => asMadeAt(now, link),
    now: () => now,
    newId: () => campaign.id,
  }
  return (order: DispatchOrder) => draft(asking, order)
}

function refusal({ code, errors }: { code: FailureCode; errors: { path: string }[] }): SeenRow {
  if (code === 'contact_missing') return { fate: 'unreachable' }
  return { fate: 'refused', code, missing: code === 'variable_missing' ? errors.map(({ path }) => path) : [] }
}

/** Whether a template has words in the language of a locale. */
function makeSpeaks({ render }: RowPorts) {
  const languages = new Map(render.list().map(({ name, locales }) => [name, new Set(locales.map(languageOf))]))
  return (template: string, locale: string) => languages.get(template)?.has(languageOf(locale)) ?? false
}

const languageOf = (locale: string) => locale.split('-', 1)[0]?.toLowerCase() ?? locale

/** When rows begin: worked out once for each zone and variant. */
export function makeStarts(campaign: Campaign, now: Date) {
  const known = new Map<string, number>()
  return (zone: string, variant: string): number => {
    const key = `${zone}|${variant}`
    const way = campaign.plan.variants.find(({ name }) => name === variant)
    const at = known.get(key) ?? sendTime(campaign, zone, way?.sendHour ?? null, now).getTime()
    known.set(key, at)
    return at
  }
}

/** Some begin later than the first. */
const SPARE_MS = 5 * 24 * 3_600_000

/** Places with the same hours share one list of them, however many there are. */
export function makeHours({ ownWindow, startAt, localStart }: Campaign, now: Date) {
  const start = startAt ?? (localStart === null ? now : earliestOf(localStart))
  const from = Math.max(now.getTime(), start.getTime())
  const byPlace = new Map<string, Stretch[]>()
  const bySpelling = new Map<string, Stretch[]>()
  return ({ zoneGiven, timeZone, person }: Pick<NewDispatch, 'zoneGiven' | 'timeZone' | 'person'>): Stretch[] => {
    const { phone } = person.contact
    const place = placeOf({ timeZone: zoneGiven ? timeZone : null, phone, defaultTimeZone: timeZone })
    const key = `${place.zones}|${place.rules}`
    const known = byPlace.get(key)
    if (known) return known
    const hours = openHours({ ...place, own: ownWindow }, from, from + HORIZON_MS + SPARE_MS)
    const spelling = hours.map(({ from: opens, until }) => `${opens}-${until}`).join()
    const shared = bySpelling.get(spelling) ?? hours
    bySpelling.set(spelling, shared)
    byPlace.set(key, shared)
    return shared
  }
}

/** The first moment from `at` on at which messages may leave; null: none is known. */
export function openFrom(hours: readonly Stretch[], at: number): number | null {
  const stretch = hours.find(({ until }) => until > at)
  return stretch ? Math.max(stretch.from, at) : null
}

const firstCarried = (ports: RowPorts, step: NewDispatch['steps'][number] | undefined): ChannelName | undefined =>
  step && [step.channel, ...step.chain].find((name): name is ChannelName => name !== 'none' && ports.carries(name))

interface Leaving {
  timed: TimedStep
  channel: ChannelName
  leavesAt: number
  url: string
}

function messageOf(ports: RowPorts, dispatch: NewDispatch, leaving: Leaving): SeenMessage {
  const { channel, timed } = leaving
  const { step, afterMs, needsLink } = timed
  const text = channel === 'sms' ? textOf(ports, dispatch, leaving) : null
  return { kind: step.kind, channel, template: step.template, afterMs, needsLink, text }
}

function textOf(ports: RowPorts, dispatch: NewDispatch, { timed, leavesAt, url }: Leaving): Segmented | null {
  const { firstName = '', lastName = '' } = dispatch.person.contact.name ?? {}
  const rendering = ports.render.render({
    template: timed.step.template,
    channel: 'sms',
    locale: dispatch.locale,
    timeZone: dispatch.timeZone,
    now: new Date(leavesAt + timed.afterMs),
    name: { first: firstName, last: lastName, full: `${firstName} ${lastName}`.trim() },
    link: { url: dispatch.ownLink?.url ?? url, expiresAt: timed.linkExpiresAt },
    variables: dispatch.person.variables,
  })
  return rendering.ok && rendering.words.channel === 'sms' ? ports.segments(rendering.words.text) : null
}
