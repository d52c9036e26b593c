const MOST_VISITORS = 10_000

/** Lets each visitor pass a number of times in a stretch of time; counts are in memory, a full memory is emptied. */
export function makeTurnstile({ passes, everyMs, now }: { passes: number; everyMs: number; now: () => number }) {
  const visits = new Map<string, number[]>()
  return (visitor: string): boolean => {
    const recent = (visits.get(visitor) ?? []).filter((at) => at > now() - everyMs)
    if (recent.length >= passes) return false
    if (visits.size >= MOST_VISITORS) visits.clear()
    visits.set(visitor, [...recent, now()])
    return true
  }
}
