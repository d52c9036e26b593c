import type { Fact } from '../engine/history.ts'

/** Why a step moved, as a path that must be met now and then. */
const BY_REASON: Record<string, string> = {
  'claimed>skipped opened': 'stopped by an open at the claim',
  'claimed>skipped suppressed': 'stopped by a suppression at the claim',
  'claimed>skipped cancelled': 'stopped by a cancel at the claim',
  'claimed>pending late': 'too late to start',
  'claimed>pending link_gone': 'link gone at the claim',
  'claimed>pending suspect_open': 'suspect open met at the claim',
  'claimed>pending capped': 'capped at the claim',
  'claimed>pending outside_window': 'window closed at the claim',
  'claimed>pending all_held': 'hold met at the claim',
  'claimed>pending provider_held': 'provider hold met at the claim',
  'claimed>ambiguous worker_lost': 'worker lost with a claim',
  'queued>pending outside_window': 'waited for the window',
  'queued>pending suspect_open': 'waited for a second sign of life',
  'queued>pending capped': 'waited for the cap',
  'queued>pending link_dying': 'link waited out',
  'queued>pending link_replaced': 'opened link replaced',
  'queued>pending recipient_busy': 'recipient busy',
  'queued>pending partner_unavailable': 'partner unavailable',
  'queued>pending partner_held': 'partner shut',
  'queued>pending needs_link': 'needed a link after all',
  'queued>failed link_in_use': 'link in use',
  'queued>failed link_expired': 'own link expired',
  'queued>failed stale': 'first message stale',
  'queued>skipped stale': 'reminder stale',
  'ambiguous>pending not_at_provider': 'not there at the provider',
}
const BY_MOVE: Record<string, string> = {
  'claimed>ambiguous': 'ambiguous',
  'ambiguous>handed': 'ambiguous, then handed',
  'handed>pending': 'failed receipt, next try',
  'handed>delivered': 'delivered',
}

/** Counts, by the name of the path. Each must be met in a run of a thousand seeds, or the run proves nothing. */
export function rarePaths(facts: readonly Fact[]): Record<string, number> {
  const counts: Record<string, number> = {}
  const met = (path: string | undefined) => {
    if (path) counts[path] = (counts[path] ?? 0) + 1
  }
  for (const fact of facts) {
    if (fact.what === 'sometimes') met(fact.path)
    if (fact.what === 'dispatch') met(`dispatch ${fact.to}`)
    if (fact.what === 'fault') met(fact.kind)
    if (fact.what === 'code asked') met(fact.what)
    if (fact.what !== 'step') continue
    met(BY_MOVE[`${fact.from}>${fact.to}`])
    met(BY_REASON[`${fact.from}>${fact.to} ${fact.reason}`])
  }
  return counts
}

const TOLD = [
  ...[
    'fence waited',
    'job lost',
    'fallback of a waiting step',
    'written off',
    'unclear resent',
    'open told twice',
    'replayed',
  ],
  ...['receipt before its outcome', 'refused: dispatch_active'],
  ...['held for a suspect open', 'second sign of life', 'went on after a suspect open'],
  ...['link', 'button', 'asked', 'nowhere'].map((lead) => `a code led to: ${lead}`),
  ...['asked', 'link', 'nowhere'].map((lead) => `pressed: ${lead}`),
  'code asked',
]
const OUTCOMES = ['sent', 'opened', 'exhausted', 'failed', 'expired', 'cancelled', 'superseded', 'suppressed']
const FAULTS = ['killed', 'frozen', 'down', 'flushed', 'refuses', 'silent', 'errors', 'shut']

/** Counted, but too rare to be met in every thousand seeds; ten thousand meet most of them. */
const ONCE_IN_A_WHILE: readonly string[] = [
  'link gone at the claim',
  'window closed at the claim',
  'first message stale',
  'reminder stale',
  'suspect open met at the claim',
  'pressed: nowhere',
]

export const EXPECTED_PATHS: readonly string[] = [
  ...Object.values(BY_REASON),
  ...Object.values(BY_MOVE),
  ...TOLD,
  ...OUTCOMES.map((status) => `dispatch ${status}`),
  ...FAULTS,
].filter((path) => !ONCE_IN_A_WHILE.includes(path))
