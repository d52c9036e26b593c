import type { RequestFact } from '../engine/history.ts'
import type { Break, Evidence } from './check.ts'

const MINUTE = 60_000
/** The claim is taken and checked within this long before the first byte. */
const START_WITHIN_MS = 2_000

/** P6: at hand-over the link is there and lives long enough, and no provider holds the message beyond it. */
export function links({ facts, broken }: Evidence): void {
  for (const fact of facts) if (fact.what === 'request') judge(fact, broken)
}

function judge(fact: RequestFact & { t: number }, broken: Break): void {
  const { t, link, linkExpiresAt, linkLifeMs, validUntil } = fact
  const what = `step ${fact.n} (${fact.kind}) of ${fact.dispatch} by ${fact.channel}`
  if (link === '' || linkExpiresAt === 0) broken('P6', t, `${what} carries no link`)
  const needed = linkLifeMs < 60 * MINUTE ? linkLifeMs / 2 : 30 * MINUTE
  const left = linkExpiresAt - t
  if (left < needed - START_WITHIN_MS)
    broken('P6', t, `${what}: its link has ${Math.round(left / 1000)} s left of the ${needed / 1000} s it needs`)
  const beyond = (validUntil ?? 0) - linkExpiresAt
  if (beyond > START_WITHIN_MS) broken('P6', t, `${what} may be held ${Math.round(beyond / 1000)} s beyond its link`)
}
