import { closesAt, findOpening, type Place } from './window.ts'

/** A time in which messages may leave, epoch ms; `until` is the first moment at which they may not. */
export interface Stretch {
  from: number
  until: number
}

export const ALWAYS: readonly Stretch[] = [{ from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }]

/** The hours of a place, in order, from `from` (which may lie inside the first) until `until`. */
export function openHours(place: Place, from: number, until: number): Stretch[] {
  const stretches: Stretch[] = []
  for (let at = from; at < until; at = stretches.at(-1)?.until ?? until) {
    const opening = findOpening(new Date(at), place)
    if (!opening || opening.getTime() >= until) break
    stretches.push({ from: opening.getTime(), until: closesAt(opening, place).getTime() })
  }
  return stretches
}
