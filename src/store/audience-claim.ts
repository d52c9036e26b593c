import type { Pool } from 'pg'
import type { Cohort } from '../flow/ports-store.ts'
import { one, statement } from './sql.ts'

/** Rows that still wait become the dispatches of these ids; they are locked in the order of their keys. */
export const claimWaiting = statement<{ dispatch_id: string }>(
  'audience-claim',
  `with k as (
     select * from unnest($1::uuid[], $2::text[], $3::uuid[]) as t (campaign_id, reference_id, dispatch_id)
   ), locked as (
     select r.campaign_id, r.reference_id, k.dispatch_id from audience_row r join k using (campaign_id, reference_id)
     where r.status = 'waiting' order by r.campaign_id, r.reference_id for update of r
   )
   update audience_row r set status = 'accepted', dispatch_id = l.dispatch_id from locked l
   where r.campaign_id = l.campaign_id and r.reference_id = l.reference_id and r.status = 'waiting'
   returning r.dispatch_id`,
)

/** In the transaction that claimed them: they wait as before. */
export const giveBack = statement(
  'audience-give-back',
  `update audience_row r set status = 'waiting', dispatch_id = null
   from unnest($1::uuid[], $2::text[], $3::uuid[]) as k (campaign_id, reference_id, dispatch_id)
   where r.campaign_id = k.campaign_id and r.reference_id = k.reference_id and r.dispatch_id = k.dispatch_id`,
)

/** A campaign has a handful of cohorts: each is asked for once a process. */
export function makeCohorts(pool: Pool): (of: Cohort) => Promise<number> {
  const known = new Map<string, Promise<number>>()
  return (cohort) => {
    const { campaignId, variant, locale } = cohort
    const key = `${campaignId}/${locale}/${variant}`
    const found = known.get(key) ?? findCohort(pool, cohort)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(key, found)
    found.catch(() => known.delete(key))
    return found
  }
}

const MOST_KNOWN = 10_000

async function findCohort(pool: Pool, { campaignId, variant, locale }: Cohort): Promise<number> {
  await makeOne(pool, [campaignId, variant, locale])
  return one(await readOne(pool, [campaignId, variant, locale])).id
}

const makeOne = statement(
  'cohort-make',
  'insert into cohort (campaign_id, variant, locale) values ($1::uuid, $2::text, $3::text) on conflict do nothing',
)
const readOne = statement<{ id: number }>(
  'cohort-read',
  'select id from cohort where campaign_id = $1::uuid and variant = $2::text and locale = $3::text',
)
