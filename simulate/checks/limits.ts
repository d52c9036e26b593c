import type { Fact } from '../engine/history.ts'
import type { World } from '../engine/world.ts'
import type { Tables } from '../store/tables.ts'
import type { Evidence } from './check.ts'

const MINUTE = 60_000

interface LimitEvidence extends Pick<Evidence, 'facts' | 'broken'> {
  world: Pick<World, 'creationsPerMinute'> & { tables: Pick<Tables, 'slots' | 'now'> }
}

/** P7: creations in any rolling minute, one for each slot that was granted, and slots that come back. */
export function limits({ facts, world, broken }: LimitEvidence): void {
  const { creationsPerMinute, tables } = world
  const lately: number[] = []
  const grants = makeGrants(facts)
  const judge = ({ t, by, recipient }: Creation) => {
    if (!grants.use(recipient, t)) broken('P7', t, `${by} asked for a link for ${recipient} without a slot of its own`)
    lately.push(t)
    while ((lately[0] ?? t) <= t - MINUTE) lately.shift()
    const what = `${lately.length} creations in a minute, of ${creationsPerMinute} allowed, the last by ${by}`
    if (lately.length > creationsPerMinute) broken('P7', t, what)
  }
  for (const fact of facts) {
    grants.see(fact)
    if (fact.what === 'create') judge(fact)
  }
  // The last creation may have been a moment ago: its slot is held for its lease, the partner's deadline and a minute.
  const t = tables.now() + 105_000
  for (const { n, freeAt } of tables.slots) if (freeAt > t) broken('P7', t, `slot ${n} never came back`)
}

type Creation = Extract<Fact, { what: 'create' }>

/** A creation may be on its way for this long when the turn of its step ends. */
const UNDER_WAY_MS = 25_000

/**
 * Which turns were granted a slot, and have not created a link with it. A creation names its person and not its turn: of
 * several that may have made it, the one whose time is over first did, so that none is missing to a later one.
 */
function makeGrants(facts: readonly Fact[]) {
  const keyOf = ({ dispatch, n, turn }: { dispatch: string; n: number; turn: number }) => `${dispatch}/${n}/${turn}`
  const overAt = new Map<string, number>()
  for (const fact of facts)
    if (fact.what === 'step' && fact.from === 'queued') overAt.set(keyOf(fact), fact.t + UNDER_WAY_MS)
  const unused = new Set<{ recipient: string; until: number }>()
  return {
    see(fact: Fact): void {
      if (fact.what !== 'granted') return
      unused.add({ recipient: fact.recipient, until: overAt.get(keyOf(fact)) ?? Number.MAX_SAFE_INTEGER })
    },
    use(recipient: string, t: number): boolean {
      const able = [...unused].filter((grant) => grant.recipient === recipient && t <= grant.until)
      const [grant] = able.sort((a, b) => a.until - b.until)
      return grant !== undefined && unused.delete(grant)
    },
  }
}
