import { z } from 'zod'
import { readId, showId } from '../lib/id.ts'

/** Lists end in `nextCursor`: null when there is no more. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

export const pageFields = {
  cursor: z.string().max(200).optional().meta({ description: 'nextCursor of the page before' }),
}

const PREFIX = 'cur'

/** The id that the next page lies below, or undefined when the cursor is not one of ours. */
export function readCursor(cursor: string | undefined): string | null | undefined {
  if (cursor === undefined) return null
  return readId(PREFIX, Buffer.from(cursor, 'base64url').toString('latin1'))
}

/** One more than asked was read, to know whether there is more. */
export function pageOf<Row extends { id: string }, Shown>(rows: Row[], limit: number, show: (row: Row) => Shown) {
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(show),
    nextCursor: last ? Buffer.from(showId(PREFIX, last.id), 'latin1').toString('base64url') : null,
  }
}
