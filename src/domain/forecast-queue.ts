import { NOBODY } from './forecast-group.ts'

/**
 * What is due and waits, of one kind: who has been due longest goes first, those who fell due in the same quarter of an
 * hour share what there is. Amounts are fractions of people.
 */
export interface DueQueue {
  readonly waiting: number
  add(stream: number, amount: number, minute: number): void
  /** Takes out what a stream has waiting; answers how much that was. */
  withdraw(stream: number): number
  /** Sends at most so many messages and units; tells of each stream what was sent. */
  serve(most: Served, sent: Told): Served
}

export interface Served {
  messages: number
  units: number
}
type Told = (stream: number, amount: number) => void

/** An amount for each stream of the queue, and their sum. */
interface Batch extends Served {
  quarter: number
  amounts: Float64Array
}

const QUARTER = 15

/** `units`: of each stream, what a message of it counts as at its provider. */
export function makeDueQueue(units: readonly number[]): DueQueue {
  let batches: Batch[] = []
  let waiting = 0

  /** Differences of large sums leave crumbs. */
  function less(amount: number): void {
    waiting -= amount
    if (waiting >= NOBODY) return
    waiting = 0
    batches = []
  }

  return {
    get waiting() {
      return waiting
    },
    add(stream, amount, minute) {
      const quarter = Math.floor(minute / QUARTER)
      const last = batches.at(-1)
      const batch = last?.quarter === quarter ? last : newBatch(quarter, units.length)
      if (batch !== last) batches.push(batch)
      batch.amounts[stream] = (batch.amounts[stream] ?? 0) + amount
      batch.messages += amount
      batch.units += amount * (units[stream] ?? 1)
      waiting += amount
    },
    withdraw(stream) {
      let all = 0
      for (const batch of batches) {
        const amount = batch.amounts[stream] ?? 0
        batch.amounts[stream] = 0
        batch.messages -= amount
        batch.units -= amount * (units[stream] ?? 1)
        all += amount
      }
      less(all)
      return all
    },
    serve(most, sent) {
      const served = { messages: 0, units: 0 }
      while (batches[0] && serveBatch(batches[0], { most, served, sent })) batches.shift()
      less(served.messages)
      return served
    },
  }
}

const newBatch = (quarter: number, streams: number): Batch => ({
  quarter,
  amounts: new Float64Array(streams),
  messages: 0,
  units: 0,
})

/** Whether all of it was sent. */
function serveBatch(batch: Batch, { most, served, sent }: { most: Served; served: Served; sent: Told }): boolean {
  const { amounts, messages, units } = batch
  const left = { messages: most.messages - served.messages, units: most.units - served.units }
  const share = messages < NOBODY ? 1 : Math.max(0, Math.min(1, left.messages / messages, left.units / units))
  if (share === 0) return false
  for (let stream = 0; stream < amounts.length; stream++) {
    const had = amounts[stream] ?? 0
    if (had === 0) continue
    amounts[stream] = share === 1 ? 0 : had * (1 - share)
    sent(stream, had * share)
  }
  const went = { messages: messages * share, units: units * share }
  served.messages += went.messages
  served.units += went.units
  batch.messages -= went.messages
  batch.units -= went.units
  return share === 1
}
