const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A stretch of time in one unit, as one would say it: `18 s`, `4 min`, `3 h`, `2 days`. */
export function span(ms) {
  if (ms < 99.5 * SECOND) return `${Math.round(ms / SECOND)} s`
  if (ms < 99.5 * MINUTE) return `${Math.round(ms / MINUTE)} min`
  if (ms < 47.5 * HOUR) return `${Math.round(ms / HOUR)} h`
  return `${Math.round(ms / DAY)} days`
}

/** `in 18 s`, `4 min ago`; both in epoch ms. */
export function relative(at, now) {
  const distance = at - now
  if (Math.abs(distance) < 2 * SECOND) return distance > 0 ? 'in a moment' : 'just now'
  return distance > 0 ? `in ${span(distance)}` : `${span(-distance)} ago`
}
