import type { Vault } from '../flow/ports.ts'
import type { LinkOptions, NewDispatch, Person } from '../flow/ports-store.ts'
import { lookupsOf } from './addresses.ts'
import { type Queryable, statement } from './sql.ts'

const insertAll = statement(
  'dispatch-insert',
  `with d as (
     insert into dispatch (id, reference_id, lane, campaign_id, status, category, template, locale, time_zone, zone_given, channels,
       fall_back_ms, life_minutes, link_options, own_link, send_at, valid_until, created_at, suspect_opens, cohort)
     select id, reference_id, lane, campaign_id, 'accepted', category, template, locale, time_zone, zone_given, channels,
       fall_back_ms, life_minutes, link_options, own_link, send_at, valid_until, created_at, suspect_opens, cohort
     from unnest($1::uuid[], $2::text[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bool[], $10::text[],
       $11::bigint[], $12::int[], $13::jsonb[], $14::uuid[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $38::text[], $39::int[])
       as t (id, reference_id, lane, campaign_id, category, template, locale, time_zone, zone_given, channels,
         fall_back_ms, life_minutes, link_options, own_link, send_at, valid_until, created_at, suspect_opens, cohort)
   ), secret as (
     insert into dispatch_secret (dispatch_id, kind, revision, sealed)
     select id, kind, 1, sealed from unnest($18::uuid[], $19::text[], $20::bytea[]) as t (id, kind, sealed)
   ), address as (
     insert into dispatch_address (dispatch_id, hash, channel)
     select * from unnest($21::uuid[], $22::bytea[], $23::text[]) on conflict do nothing
   ), planned as (
     insert into step (dispatch_id, n, kind, lane, channel, chain, needs_link, template, after_ms, due_at, fall_back_at, cohort, status)
     select dispatch_id, n, kind, lane, channel, chain, needs_link, template, after_ms, due_at, fall_back_at, cohort, 'pending'
     from unnest($24::uuid[], $25::int[], $26::text[], $27::int[], $28::text[], $29::text[], $30::bool[], $31::text[], $32::bigint[],
       $33::timestamptz[], $34::timestamptz[], $40::int[])
       as t (dispatch_id, n, kind, lane, channel, chain, needs_link, template, after_ms, due_at, fall_back_at, cohort)
   )
   insert into event (id, type, dispatch_id, data, occurred_at)
   select new_id(), type, dispatch_id, data, app_now() from unnest($35::text[], $36::uuid[], $37::jsonb[]) as t (type, dispatch_id, data)`,
)

const insertOwnLinks = statement(
  'own-link-insert',
  `with l as (
     insert into link (id, reference_id, lookup, origin, status, requested_ms, expires_at, created_at)
     select id, reference_id, lookup, 'brought', 'active', requested_ms, expires_at, app_now()
     from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bigint[], $5::timestamptz[]) as t (id, reference_id, lookup, requested_ms, expires_at)
   ), s as (
     insert into link_secret (link_id, sealed) select * from unnest($1::uuid[], $6::bytea[])
   )
   insert into carried (dispatch_id, link_id, carried_at) select dispatch_id, id, app_now() from unnest($7::uuid[], $1::uuid[]) as t (dispatch_id, id)`,
)

/** Rows of many dispatches in one statement; a link that was brought along is carried from the start. */
export async function insertDispatches(db: Queryable, vault: Vault, all: NewDispatch[]): Promise<void> {
  const secrets = all.flatMap((d) => [
    { id: d.id, kind: 'person', sealed: sealPerson(vault, d.id, 1, { ...d.person, link: d.linkOptions.metadata }) },
    ...(d.userData
      ? [{ id: d.id, kind: 'user_data', sealed: vault.seal(JSON.stringify(d.userData), placeOf(d.id, 'user_data', 1)) }]
      : []),
  ])
  const addresses = all.flatMap((d) => lookupsOf(vault, d).map((lookup) => ({ id: d.id, ...lookup })))
  const steps = all.flatMap((d) => d.steps.map((step) => ({ d, step })))
  const events = all.flatMap((d) => d.events)
  await insertAll(db, [
    all.map((d) => d.id),
    all.map((d) => d.referenceId),
    all.map((d) => d.lane),
    all.map((d) => d.campaignId),
    all.map((d) => d.category),
    all.map((d) => d.template),
    all.map((d) => d.locale),
    all.map((d) => d.timeZone),
    all.map((d) => d.zoneGiven),
    all.map((d) => d.channels.join()),
    all.map((d) => d.fallBackMs),
    all.map((d) => d.lifeMinutes),
    all.map((d) => JSON.stringify({ ...d.linkOptions, metadata: undefined })),
    all.map((d) => d.ownLink?.id ?? null),
    all.map((d) => d.sendAt),
    all.map((d) => d.validUntil),
    all.map((d) => d.createdAt),
    secrets.map((s) => s.id),
    secrets.map((s) => s.kind),
    secrets.map((s) => s.sealed),
    addresses.map((a) => a.id),
    addresses.map((a) => a.hash),
    addresses.map((a) => a.channel),
    steps.map(({ d }) => d.id),
    steps.map(({ step }) => step.n),
    steps.map(({ step }) => step.kind),
    steps.map(({ d }) => d.lane),
    steps.map(({ step }) => step.channel),
    steps.map(({ step }) => step.chain.join()),
    steps.map(({ step }) => step.needsLink),
    steps.map(({ step }) => step.template),
    steps.map(({ step }) => step.afterMs),
    steps.map(({ step }) => step.dueAt),
    steps.map(({ step }) => step.fallBackAt),
    events.map((e) => e.type),
    events.map((e) => e.dispatchId),
    events.map((e) => JSON.stringify(e.data)),
    all.map((d) => d.suspectOpens),
    all.map((d) => d.cohort),
    steps.map(({ d }) => d.cohort),
  ])
  const own = all.flatMap((d) => (d.ownLink ? [{ d, link: d.ownLink }] : []))
  if (own.length > 0) {
    await insertOwnLinks(db, [
      own.map(({ link }) => link.id),
      own.map(({ d }) => d.referenceId),
      own.map(({ link }) => vault.lookup('link', link.linkId)),
      own.map(({ link }) => link.requestedMs),
      own.map(({ link }) => link.expiresAt),
      own.map(({ link }) => sealLink(vault, link)),
      own.map(({ d }) => d.id),
    ])
  }
}

export const placeOf = (dispatchId: string, kind: 'person' | 'user_data', revision: number) => ({
  table: 'dispatch_secret',
  row: `${dispatchId}/${revision}`,
  column: kind,
})

/** `link`: the metadata that the CRM gives its links at the partner, as secret as the rest. */
export interface SealedPerson extends Person {
  link?: LinkOptions['metadata'] | undefined
}

export const sealPerson = (vault: Vault, id: string, revision: number, person: SealedPerson) =>
  vault.seal(JSON.stringify(person), placeOf(id, 'person', revision))

export const openPerson = (vault: Vault, id: string, revision: number, sealed: Buffer): SealedPerson =>
  JSON.parse(vault.open(sealed, placeOf(id, 'person', revision)))

export const sealLink = (vault: Vault, link: { id: string; linkId: string; url: string }) =>
  vault.seal(JSON.stringify({ linkId: link.linkId, url: link.url }), {
    table: 'link_secret',
    row: link.id,
    column: 'sealed',
  })

export function openLink(vault: Vault, id: string, sealed: Buffer): { linkId: string; url: string } {
  return JSON.parse(vault.open(sealed, { table: 'link_secret', row: id, column: 'sealed' }))
}
