import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { backoffMs, retrySchedule } from '../src/domain/backoff.ts'

const page = readFileSync(new URL('../docs/retries.md', import.meta.url), 'utf8')
const printed = page.split('<!-- schedule -->')[1]?.split('<!-- /schedule -->')[0]?.trim().split('\n') ?? []

describe('docs/retries.md', () => {
  it('prints the schedule, row for row', () => {
    const rows = retrySchedule().map(
      ({ work, attempt, leastMs, mostMs, totalMs }) =>
        `| ${[work, attempt, spelled(leastMs), spelled(mostMs), spelled(totalMs)].join(' | ')} |`,
    )

    expect(printed.slice(2)).toEqual(rows)
  })

  it.each(printed.slice(2).map((line) => [line, line.split('|').map((cell) => cell.trim())] as const))(
    'says what the function does: %s',
    (_line, [, work, attempt, least, most, total]) => {
      const channel = work as 'sms' | 'email' | 'push' | 'link'
      const failed = Number(attempt) - 1
      const longest = (after: number) => backoffMs(channel, after, 1) ?? Number.NaN
      const soFar = Array.from({ length: failed }, (_, index) => longest(index + 1))

      expect(spelled(backoffMs(channel, failed, 0) ?? Number.NaN)).toBe(least)
      expect(spelled(longest(failed))).toBe(most)
      expect(spelled(soFar.reduce((sum, wait) => sum + wait, 0))).toBe(total)
    },
  )

  it.each(['link', 'sms', 'email', 'push'] as const)('prints every wait that %s has', (work) => {
    const last = Math.max(
      ...printed.filter((line) => line.startsWith(`| ${work} |`)).map((line) => Number(line.split('|')[2])),
    )

    expect(backoffMs(work, last - 1, 1)).toBeDefined()
    expect(backoffMs(work, last, 1)).toBeUndefined()
  })
})

function spelled(ms: number): string {
  const parts = [
    [Math.floor(ms / 3_600_000), 'h'],
    [Math.floor(ms / 60_000) % 60, 'min'],
    [(ms % 60_000) / 1_000, 's'],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
