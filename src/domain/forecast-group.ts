import type { ChannelName } from './channel.ts'
import type { Stretch } from './open-hours.ts'

/** People of whom nothing that matters to the pace tells one from another. */
export interface Group {
  count: number
  channel: ChannelName
  /** What a message counts as at its provider, on average. */
  units: number
  /** It takes one of the partner's creations. */
  needsLink: boolean
  /** When messages may leave: in order, known up to the horizon. Groups of one place share the list itself. */
  hours: readonly Stretch[]
  /** Epoch ms. */
  startAt: number
  reminders: readonly GroupReminder[]
}

export interface GroupReminder {
  /** From the hand-over of the first message; a dying link is waited out already. */
  afterMs: number
  channel: ChannelName
  units: number
  needsLink: boolean
}

export interface Limits {
  /** Links the partner lets a campaign make; null: any number. */
  createsPerMinute: number | null
  /** Messages of the campaign; null: any number. */
  perHour: number | null
  /** Of channels whose provider has a limit. */
  unitsPerMinute: ReadonlyMap<ChannelName, number>
}

/** What keeps messages back: a channel stands for its provider, `house` for what this service can do. */
export type Bound = 'partner' | 'pace' | 'house' | 'window' | ChannelName

export interface Forecast {
  /** Epoch ms; null: nothing is sent. */
  firstAt: number | null
  firstsEndAt: number | null
  remindersEndAt: number | null
  firsts: number
  reminders: number
  /** Messages for which there is no time up to the horizon. */
  unsent: { firsts: number; reminders: number }
  /** Without a gap, from the first message to the last. */
  hours: ForecastHour[]
  /** Of each group, how many first messages were sent by the end of each of `hours`. */
  sentOf: Float64Array[]
}

export interface ForecastHour {
  /** Epoch ms; a full hour. */
  at: number
  firsts: number
  reminders: number
  /** What kept messages back for most of it; null: nothing did. */
  bound: Bound | null
}

export const MINUTE = 60_000
export const HORIZON_MS = 30 * 24 * 60 * MINUTE
/** Less than this of a person is nobody. */
export const NOBODY = 1e-7
