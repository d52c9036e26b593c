/** What moves due steps onto the queues, and back when their jobs vanish. */
import type { ChannelName } from '../domain/channel.ts'
import type { StepKind } from '../domain/step.ts'
import type { StepTurn } from './ports-store.ts'

export interface PumpStore {
  /** Lanes and channels with due work, and how much of each channel is queued, of singles alone too. */
  due(): Promise<{ lanes: DueLane[]; queued: Record<string, number>; singles: Record<string, number> }>
  /** Moves due steps to `queued`, raising their turn; a step that needs a link gets a slot or stays. */
  take(order: TakeOrder): Promise<TakenStep[]>
  /** Steps whose job vanished go back to `pending`; claims without an outcome become `ambiguous`. */
  expireLeases(): Promise<{ lost: number; ambiguous: number }>
  /** Steps whose worker died with them so often that nobody takes them up again. */
  poisoned(): Promise<PoisonedStep[]>
  /** Steps that waited too long on a channel that cannot send go on to the next. */
  fallBack(channels: string[]): Promise<number>
  /** Silent close steps that are due: dispatches become `exhausted` or `expired`, or the close waits on. */
  close(limit: number): Promise<number>
}
export interface DueLane {
  lane: number
  priority: number
  quota: number
  channel: ChannelName | 'none'
  needsLink: boolean
}
export interface TakeOrder {
  lane: number
  channel: ChannelName
  needsLink: boolean
  limit: number
  heldTemplates: string[]
}
export interface TakenStep extends StepTurn {
  emptyTurns: number
  dueAt: Date
}

export interface PoisonedStep extends StepTurn {
  kind: StepKind
  channel: ChannelName
  chain: ChannelName[]
  tries: number
}
