/** Chance that can be had again: the same seed makes the same choices in the same order. */
export interface Chance {
  /** In [0, 1). */
  next(): number
  /** A whole number from `least` to `most`, both possible. */
  between(least: number, most: number): number
  pick<T>(from: readonly T[]): T
  shuffled<T>(from: readonly T[]): T[]
}

export function makeChance(seed: number): Chance {
  let state = seed >>> 0
  // mulberry32: small, and good enough to choose what breaks next.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    pick(from) {
      const [one] = from.slice(between(0, from.length - 1))
      if (one === undefined) throw new Error('there is nothing to pick from')
      return one
    },
    shuffled: (from) =>
      from
        .map((one) => ({ one, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ one }) => one),
  }
}
