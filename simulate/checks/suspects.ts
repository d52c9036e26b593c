import type { Fact } from '../engine/history.ts'
import type { Evidence } from './check.ts'

/** A dispatch that waits for a second sign of life does not end by what a machine did: somebody opened, or began a transfer. */
export function suspects({ facts, broken }: Evidence): void {
  const carried = new Map<string, string[]>()
  const signs = new Set<string>()
  for (const fact of facts) {
    note(carried, signs, fact)
    const links = isOpened(fact) ? carried.get(fact.dispatch) : undefined
    if (links && !links.some((link) => signs.has(link)))
      broken('suspects', fact.t, `a dispatch ended though only machines opened its links ${links}`)
  }
}

function note(carried: Map<string, string[]>, signs: Set<string>, fact: Fact): void {
  if (fact.what === 'plan' && fact.holds) carried.set(fact.dispatch, [])
  if (fact.what === 'claim') carried.get(fact.dispatch)?.push(fact.link)
  if (isSign(fact)) signs.add(fact.link)
}

type Sign = Extract<Fact, { what: 'opened' | 'operated' | 'listed' }>

/** The partner's list does not say who opened: what is learned from it counts as a person's. */
const isSign = (fact: Fact): fact is Sign =>
  (fact.what === 'opened' && !fact.byMachine) || fact.what === 'operated' || fact.what === 'listed'

const isOpened = (fact: Fact): fact is Extract<Fact, { what: 'dispatch' }> =>
  fact.what === 'dispatch' && fact.to === 'opened'
