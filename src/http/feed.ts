import { type ShownEvent, showEvent } from './event-view.ts'
import type { HttpPorts } from './ports.ts'

/** The next numbered events, each with what the CRM wanted back with every event of its dispatch. */
export async function readFeed(
  { events, dispatches }: Pick<HttpPorts, 'events' | 'dispatches'>,
  after: number,
  limit: number,
): Promise<{ items: ShownEvent[]; nextAfter: number }> {
  const found = await events.after(after, limit)
  const ids = [...new Set(found.flatMap(({ dispatchId }) => (dispatchId ? [dispatchId] : [])))]
  const metadata = ids.length > 0 ? await dispatches.metadataOf(ids) : new Map()
  return {
    items: found.map((event) => ({
      ...showEvent(event),
      metadata: (event.dispatchId && metadata.get(event.dispatchId)) ?? null,
    })),
    nextAfter: found.at(-1)?.sequence ?? after,
  }
}
