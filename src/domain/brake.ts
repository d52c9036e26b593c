import type { Brake } from './campaign.ts'

/** People of one campaign, since it was started or resumed. */
export interface BrakeCounts {
  handed: number
  /** Their dispatch ended failed, whether or not a message of it was handed over before. */
  failed: number
  /** Those of them to whom nothing was handed over. */
  failedUnhanded: number
  optedOut: number
  complained: number
}

/** Why a campaign must not go on by itself, in words; null: it may. */
export function brakeVerdict(brake: Brake, counts: BrakeCounts): string | null {
  const { handed, failed, failedUnhanded, optedOut, complained } = counts
  const tried = handed + failedUnhanded
  const wrongs = [
    over({ count: complained, of: handed, what: 'complained', most: brake.complained, after: brake.after }),
    over({ count: optedOut, of: handed, what: 'opted out', most: brake.optedOut, after: brake.after }),
    over({ count: failed, of: tried, what: 'failed', most: brake.failed, after: brake.after }),
  ].filter((one) => one !== null)
  return wrongs.length > 0 ? `brake: ${wrongs.join(', ')}` : null
}

interface Rate {
  count: number
  of: number
  what: string
  most: number
  after: number
}

const over = ({ count, of, what, most, after }: Rate): string | null =>
  of >= after && count > of * most
    ? `${count} of ${of} ${what} (${percent(count / of)}, at most ${percent(most)})`
    : null

/** `5.8 %`, `0.05 %`: enough digits to tell two rates apart, none that say nothing. */
function percent(rate: number): string {
  const exact = rate * 100
  return `${exact >= 1 ? Math.round(exact * 10) / 10 : Number(exact.toPrecision(2))} %`
}
