const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY

const WEEKS = /^P(\d{1,9})W$/
const DAYS_AND_TIME =
  /^P(?=\d|T\d)(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,3}))?S)?)?$/

/** ISO 8601 duration → ms, strict. Years and months have no fixed length and are refused. */
export function parseDuration(text: string): number | undefined {
  const weeks = WEEKS.exec(text)
  if (weeks) return whole(Number(weeks[1]) * WEEK)

  const parts = DAYS_AND_TIME.exec(text)
  if (!parts) return undefined
  const [, days, hours, minutes, seconds, fraction = ''] = parts
  return whole(
    Number(days ?? 0) * DAY +
      Number(hours ?? 0) * HOUR +
      Number(minutes ?? 0) * MINUTE +
      Number(seconds ?? 0) * SECOND +
      Number(fraction.padEnd(3, '0')),
  )
}

/** ms → ISO 8601 in hours, minutes and seconds: a day is `PT24H`, as the API writes it. */
export function formatDuration(ms: number): string {
  if (ms === 0) return 'PT0S'
  const hours = Math.floor(ms / HOUR)
  const minutes = Math.floor((ms % HOUR) / MINUTE)
  const seconds = (ms % MINUTE) / SECOND
  return `PT${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`
}

const whole = (ms: number) => (Number.isSafeInteger(ms) ? ms : undefined)
