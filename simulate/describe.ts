import type { Fact } from './engine/history.ts'
import { simulate } from './simulate.ts'

/** One seed in words: what it broke, what happened before, or all of it. Answers the exit code. */
export async function describeSeed(seed: number, verbose: boolean): Promise<number> {
  const { hash, violations, facts } = await simulate(seed)
  if (verbose) for (const fact of facts) console.log(lineOf(fact))
  console.log(`seed ${seed}: ${facts.length} events, hash ${hash}`)
  for (const { promise, message, t } of violations) {
    console.log(`\nbroke ${promise} at ${new Date(t).toISOString()}: ${message}`)
    if (!verbose) for (const line of linesBefore(facts, t, 30)) console.log(`  ${line}`)
  }
  return violations.length > 0 ? 1 : 0
}

/** The last events up to a moment. */
export const linesBefore = (facts: readonly Fact[], t: number, count: number): string[] =>
  facts
    .filter((fact) => fact.t <= t)
    .slice(-count)
    .map(lineOf)

function lineOf({ t, what, ...rest }: Fact): string {
  const told = Object.entries(rest).map(([name, value]) => `${name}=${shortOf(value)}`)
  return `${new Date(t).toISOString()} ${what.padEnd(14)} ${told.join(' ')}`
}

/** Ids count from one: their last digits tell them apart. */
const shortOf = (value: unknown): string => String(value).replaceAll(/0{8}-0000-7000-8000-0*/g, '#')
