/** Rounds that alternate: each meets both sides on the same machine in the same minute, and the first place changes hands. */
export interface Pace {
  rounds: number
  /** No further round begins that would end after this (`performance.now`); the first always runs. */
  until: number
}
export interface Both<T> {
  ours: T[]
  baseline: T[]
}

let runs = 0
/** A name no other run of this bench has: the sink, the queues and the users go by it. */
export const newRun = (what: string) => `${what}${process.pid}x${runs++}`

export async function alternate<T>(
  { rounds, until }: Pace,
  ours: (round: number) => Promise<T>,
  baseline: (round: number) => Promise<T>,
): Promise<Both<T>> {
  const both: Both<T> = { ours: [], baseline: [] }
  let longest = 0
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now()
    if (round > 0 && begun + longest > until) break
    const turns = [async () => both.ours.push(await ours(round)), async () => both.baseline.push(await baseline(round))]
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn()
    longest = Math.max(longest, performance.now() - begun)
  }
  return both
}
