/** Moments, in ms, and what lay within any stretch of time: pure, so that planted ones show that each breach is seen. */

export interface Stretch {
  from: number
  to: number
}

const MINUTE = 60_000

/** The most of them within any stretch of `ms`. */
export function mostWithin(times: readonly number[], ms: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  let most = 0
  for (const [i, at] of sorted.entries()) {
    while ((sorted[first] ?? at) <= at - ms) first += 1
    most = Math.max(most, i - first + 1)
  }
  return most
}

/** How a limit was used in minutes with a backlog; shares are of the limit. */
export interface Use {
  windows: number
  mean: number
  least: number
}

/**
 * Minutes that begin each second, lie wholly within the backlog and touch nothing of `apart`. The mean is what was used of
 * what could have been; a limit that is used in bursts leaves single minutes lower, and no minute higher.
 */
export function useOf(
  times: readonly number[],
  { limit, backlog, apart }: { limit: number; backlog: readonly Stretch[]; apart: readonly Stretch[] },
): Use {
  const sorted = times.toSorted((a, b) => a - b)
  const shares = backlog.flatMap(({ from, to }) =>
    Array.from(
      { length: Math.max(0, Math.floor((to - from - MINUTE) / 1_000) + 1) },
      (_, second) => from + second * 1_000,
    )
      .filter((at) => !apart.some((stretch) => stretch.from < at + MINUTE && stretch.to > at))
      .map((at) => (indexOf(sorted, at + MINUTE) - indexOf(sorted, at)) / limit),
  )
  const sum = shares.reduce((total, share) => total + share, 0)
  return {
    windows: shares.length,
    mean: shares.length === 0 ? 0 : sum / shares.length,
    least: shares.length === 0 ? 0 : Math.min(...shares),
  }
}

/** How many of them come before `at`. */
function indexOf(sorted: readonly number[], at: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? at) < at) low = middle + 1
    else high = middle
  }
  return low
}
