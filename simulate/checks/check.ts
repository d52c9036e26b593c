import type { Fact } from '../engine/history.ts'
import type { World } from '../engine/world.ts'
import type { SeedResult, Violation } from '../simulate.ts'
import { caps } from './caps.ts'
import { codes } from './codes.ts'
import { duplicates } from './duplicates.ts'
import { fences } from './fences.ts'
import { limits } from './limits.ts'
import { links } from './links.ts'
import { outcomes } from './outcomes.ts'
import { rarePaths } from './rare-paths.ts'
import { states } from './states.ts'
import { suspects } from './suspects.ts'
import { windows } from './windows.ts'

export type Break = (promise: string, t: number, message: string) => void
export interface Evidence {
  facts: readonly Fact[]
  world: World
  broken: Break
}

const ASKED = [outcomes, states, fences, suspects, duplicates, windows, links, codes, limits, caps]

/** Every promise, asked of the history alone: nothing here calls the code under test. */
export function check(facts: readonly Fact[], world: World): Pick<SeedResult, 'violations' | 'sometimes'> {
  const violations: Violation[] = []
  const broken: Break = (promise, t, message) => void violations.push({ promise, t, message })
  for (const fact of facts) if (fact.what === 'bug') broken('no mistake of the code', fact.t, fact.message)
  for (const ask of ASKED) ask({ facts, world, broken })
  return { violations, sometimes: rarePaths(facts) }
}
