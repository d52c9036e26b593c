import type { DispatchReader, RecordReader } from '../flow/ports-read.ts'
import type { Loop } from '../lib/loop.ts'
import type { Store } from '../store/store.ts'

/** Whoever reads what happened reads it with its numbers in the feed: those that are missing are given first. */
export function numbered(
  { dispatches, records }: Pick<Store, 'dispatches' | 'records'>,
  sequencer: Pick<Loop, 'idle'>,
): { dispatches: DispatchReader; records: RecordReader } {
  return {
    dispatches: {
      ...dispatches,
      async timeline(id) {
        const events = await dispatches.timeline(id)
        if (events.every(({ sequence }) => sequence !== null)) return events
        await sequencer.idle()
        return dispatches.timeline(id)
      },
    },
    records: {
      async read(id) {
        await sequencer.idle()
        return records.read(id)
      },
    },
  }
}
