import type { Crm } from './crm.ts'
import { readFound } from './found.ts'
import type { Healed } from './healing.ts'
import type { Arrival, Fault, History } from './history.ts'
import type { Outside } from './outside.ts'
import type { OwnPostgres } from './postgres.ts'
import type { Opened } from './stage.ts'

/** Everything there is to compare, once all is at rest. */
export async function gather(
  { outside, postgres, limit }: Opened,
  { crm: { posts, refused }, faults, healed }: { crm: Crm; faults: Fault[]; healed: Healed },
): Promise<History> {
  outside.seen.readCalls(outside)
  const arrivals = await owned(postgres.ask, outside, outside.seen.arrivals)
  return {
    posts,
    arrivals,
    opened: [...outside.seen.opened.values()],
    stopped: outside.seen.stopped,
    faults,
    links: outside.world.links().map(({ linkId, createdAt, expiresAt }) => ({
      linkId,
      createdAt: createdAt.getTime(),
      expiresAt: expiresAt.getTime(),
    })),
    creates: { at: outside.seen.createsAt, limit },
    found: await readFound(postgres, outside, new Map(arrivals.map(({ to, channel }) => [to, channel]))),
    sometimes: {},
    atRest: healed.atRest,
    unfinished: [...healed.problems, ...refused.slice(0, 5)],
  }
}

/** A push says only whose device it is; the dispatch is the one that tried that address. */
export async function owned(
  ask: OwnPostgres['ask'],
  { vault }: Pick<Outside, 'vault'>,
  arrivals: readonly Arrival[],
): Promise<Arrival[]> {
  const rows = await ask<{ id: string; hash: Buffer }>(
    "select distinct dispatch_id as id, address_hash as hash from attempt where channel = 'push'",
  )
  const byHash = new Map(rows.map(({ id, hash }) => [hash.toString('hex'), id]))
  return arrivals.map((arrival) =>
    arrival.channel === 'push'
      ? { ...arrival, dispatchId: byHash.get(vault.lookup('token', arrival.to).toString('hex')) ?? null }
      : arrival,
  )
}
