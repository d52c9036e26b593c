import type { Pool } from 'pg'
import type { Brake } from '../domain/campaign.ts'
import type { BrakeStore } from '../flow/ports-campaign.ts'
import { one, statement } from './sql.ts'

export function makeBrakeStore(pool: Pool): BrakeStore {
  return {
    watched: () => watched(pool, []),
    async counts(campaignId, since) {
      return one(await count(pool, [campaignId, since]))
    },
  }
}

/** Counting begins anew when a hold is lifted, so that what a person has seen and let go on does not brake at once again. */
const watched = statement<{ id: string; since: Date; brake: Brake }>(
  'brake-watched',
  `select c.id, c.brake, greatest(c.started_at, lifted.at) as since
   from campaign c, lateral (
     select max(h.lifted_at) as at, bool_or(h.lifted_at is null) as held from hold h where h.scope = 'campaign' and h.value = c.id::text
   ) lifted
   where c.status = 'running' and lifted.held is not true order by c.id`,
)

/** Who said stop after a message of this campaign, said it to this campaign. */
const count = statement<{
  handed: number
  failed: number
  failedUnhanded: number
  optedOut: number
  complained: number
}>(
  'brake-count',
  `with said as (
     select d.id, bool_or(s.reason = 'complaint') as complained from suppression s
     join dispatch_address a on a.hash = s.hash join dispatch d on d.id = a.dispatch_id
     where s.reason in ('opt_out', 'complaint') and s.placed_at >= $2::timestamptz and s.lifted_at is null and s.source is null
       and d.campaign_id = $1::uuid and s.placed_at >= d.first_handed_at
     group by d.id
   )
   select
     (select count(*)::int from dispatch where campaign_id = $1::uuid and first_handed_at >= $2::timestamptz) as handed,
     f.failed, f.unhanded as "failedUnhanded", t.out as "optedOut", t.complained
   from
     (select count(*)::int as failed, (count(*) filter (where first_handed_at is null))::int as unhanded from dispatch
      where campaign_id = $1::uuid and status = 'failed' and ended_at >= $2::timestamptz) f,
     (select (count(*) filter (where not complained))::int as out, (count(*) filter (where complained))::int as complained from said) t`,
)
