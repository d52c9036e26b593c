import type { Finding, Verdict } from './checker.ts'
import { countBy, type History } from './history.ts'

export interface Report {
  backend: string
  seed: number
  verdict: Verdict
  history: History
  seconds: number
  notes: Record<string, string | number>
}

/** The table a person reads: what was done, what was promised, what was seen. */
export function tableOf({ backend, seed, verdict, history, seconds, notes }: Report): string {
  const { posts, found, faults, sometimes } = history
  const acknowledged = posts.filter(({ ids }) => ids.length > 0).length
  const kills = countBy(faults.filter(({ kind }) => kind === 'kill').map(({ target }) => target))
  const others = countBy(faults.filter(({ kind }) => kind !== 'kill').map(({ kind }) => kind))
  const failed = faults.filter(({ note }) => note?.startsWith('failed'))
  return [
    '',
    `queues in ${backend}, seed ${seed}, ${Math.round(seconds)} s: ${verdict.verdict.toUpperCase()}`,
    '',
    `  attempted ${posts.length}, acknowledged ${acknowledged}, found ${found.dispatches.length}`,
    `  outcomes  ${listed(countBy(found.dispatches.map(({ status }) => status)))}`,
    `  arrived   ${listed(countBy(history.arrivals.map(({ channel, kind }) => `${channel} ${kind}`)))}`,
    `  kills     ${listed(kills)}`,
    `  faults    ${listed(others)}${failed.length > 0 ? ` (${failed.length} had nothing to break)` : ''}`,
    ...Object.entries(notes).map(([name, value]) => `  ${name}: ${value}`),
    '',
    ...verdict.findings.flatMap(lineOf),
    ...section(
      'rare paths',
      Object.entries(sometimes).map(([name, count]) => `  ${String(count).padStart(7)}  ${name}`),
    ),
    ...section(
      'says nothing because',
      verdict.unknown.map((why) => `    ${why}`),
    ),
    '',
  ].join('\n')
}

const section = (title: string, lines: string[]) => (lines.length > 0 ? ['', `  ${title}`, ...lines] : [])

function lineOf({ promise, says, looked, violations }: Finding): string[] {
  const mark = violations.length === 0 ? 'kept  ' : 'BROKEN'
  const some = violations.slice(0, 10).map((violation) => `           ${violation}`)
  const more = violations.length > some.length ? [`           and ${violations.length - some.length} more`] : []
  return [`  ${promise} ${mark} ${says}; looked at ${looked}, violations ${violations.length}`, ...some, ...more]
}

const listed = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'
