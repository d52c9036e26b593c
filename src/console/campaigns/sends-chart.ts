import type { Markup } from '../../lib/markup.ts'
import { type ChartBar, chart } from './chart.ts'
import { CHART_MS, type Standing } from './standing.ts'
import { counted, figure } from './words.ts'

const MINUTE = 60_000
const SIZES = [1, 5, 10, 30, 60, 180, 360]
const MOST_BARS = 96

/** What was sent, by the minute while it is young and by the hour later, against the limit that is lower. */
export function sendsChart(
  { campaign, minutes }: Standing,
  { createsPerMinute, now }: { createsPerMinute: number | null; now: Date },
): Markup | undefined {
  const first = minutes[0]
  if (!first) return undefined
  const last = (minutes.at(-1) ?? first).at.getTime()
  const end = Math.max(last, Math.min((campaign.endedAt ?? now).getTime(), last + MINUTE * 30))
  const from = Math.max(first.at.getTime(), end - CHART_MS)
  const span = (end - from) / MINUTE
  const size = SIZES.find((one) => span / one <= MOST_BARS) ?? 360
  return chart({
    title: `Messages in ${stretchWords(size)}`,
    series: ['Sent'],
    bars: barsOf(minutes, { from, end, sizeMs: size * MINUTE }),
    limit: lowest(
      [
        campaign.perHour === null
          ? null
          : { perMinute: campaign.perHour / 60, word: `its limit: ${figure(campaign.perHour)} an hour` },
        createsPerMinute === null
          ? null
          : { perMinute: createsPerMinute, word: `the partner’s limit: ${counted(createsPerMinute, 'link')} a minute` },
      ],
      size,
    ),
    now,
  })
}

function stretchWords(minutes: number): string {
  if (minutes === 1) return 'a minute'
  if (minutes < 60) return `${minutes} minutes`
  return minutes === 60 ? 'an hour' : `${minutes / 60} hours`
}

function barsOf(
  minutes: Standing['minutes'],
  { from, end, sizeMs }: { from: number; end: number; sizeMs: number },
): ChartBar[] {
  const start = Math.floor(from / sizeMs) * sizeMs
  const count = Math.floor((end - start) / sizeMs) + 1
  const sums = Array.from({ length: count }, () => 0)
  for (const { at, sent } of minutes) {
    const place = Math.floor((at.getTime() - start) / sizeMs)
    if (place >= 0 && place < count) sums[place] = (sums[place] ?? 0) + sent
  }
  return sums.map((sum, i) => ({ at: new Date(start + i * sizeMs), values: [sum] }))
}

function lowest(limits: ({ perMinute: number; word: string } | null)[], size: number) {
  const [least] = limits.filter((one) => one !== null).toSorted((a, b) => a.perMinute - b.perMinute)
  return least ? { value: least.perMinute * size, word: least.word } : null
}
