-- Counters of campaigns: how many rows are alike, kept by the transactions that change the rows. Only adds: processes of the release
-- before write rows without a cohort, and those are not counted.

-- subject `person`: dispatches; `message`: their steps; `minute`: when those were handed over, `row`: the audience, both without a
-- cohort (0). `key`: see the functions below.
create table tally (
  campaign_id uuid not null,
  subject text not null check (subject in ('person', 'message', 'minute', 'row')),
  cohort int not null,
  key text[] not null,
  n bigint not null,
  primary key (campaign_id, subject, cohort, key)
) with (fillfactor = 50);

-- What was not added up yet. Only ever inserted into, so that nobody waits for a counter; the sum of both tables is the count.
create table tally_delta (
  id bigint generated always as identity primary key,
  campaign_id uuid not null,
  subject text not null,
  cohort int not null,
  key text[] not null,
  n bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
create index tally_delta_campaign on tally_delta (campaign_id);

-- The reason of a cancelled dispatch is a person's own words, and no counter's. The last: how long after the first hand-over it
-- was opened, by the bounds (in seconds) of src/domain/funnel.ts.
create function person_key(
  status text, reason text, linked timestamptz, handed timestamptz, in_app timestamptz, delivered timestamptz, opened timestamptz,
  suspect text, operation timestamptz
) returns text[] language sql immutable as $$
  select array[
    status, case when status in ('failed', 'expired', 'suppressed') then reason end, (linked is not null)::text,
    (coalesce(handed, in_app) is not null)::text, (delivered is not null)::text, (suspect is not null)::text, (operation is not null)::text,
    case when opened is not null then coalesce(width_bucket(extract(epoch from opened - least(handed, in_app)),
      array[60, 300, 900, 3600, 10800, 21600, 43200, 86400, 172800, 259200, 604800])::text, 'unknown') end]
$$;
-- What is on its way waits: that moves too often to be counted.
create function message_key(kind text, n smallint, channel text, status text, reason text) returns text[] language sql immutable as $$
  select array[
    kind, n::text, channel, case when status in ('pending', 'queued', 'claimed') then 'waiting' else status end,
    case when status in ('failed', 'skipped') then reason end]
$$;
-- The minute since 1970 of a hand-over, as of the last one of each step.
create function minute_key(handed timestamptz) returns text[] language sql immutable as $$
  select case when handed is not null then array[floor(extract(epoch from handed) / 60)::bigint::text] end
$$;

-- New rows come in hundreds: they are counted by the statement. Changes of singles are many: they must not cost more than a look at
-- `cohort`, and a condition that says more is compiled for every statement.
create function count_new_persons() returns trigger language plpgsql as $$
begin
  if not exists (select from fresh where cohort is not null) then
    return null;
  end if;
  insert into tally_delta (campaign_id, subject, cohort, key, n)
  select campaign_id, 'person', cohort, key, count(*) from (
    select campaign_id, cohort,
      person_key(status, reason, linked_at, first_handed_at, in_app_at, delivered_at, opened_at, suspect, operation_at) as key
    from fresh where cohort is not null) f
  group by campaign_id, cohort, key;
  return null;
end $$;
create function count_new_messages() returns trigger language plpgsql as $$
begin
  if not exists (select from fresh where cohort is not null) then
    return null;
  end if;
  insert into tally_delta (campaign_id, subject, cohort, key, n)
  select c.campaign_id, 'message', c.id, f.key, count(*) from (
    select cohort, message_key(kind, n, channel, status, reason) as key from fresh where cohort is not null and kind <> 'close') f
  join cohort c on c.id = f.cohort group by c.campaign_id, c.id, f.key;
  insert into tally_delta (campaign_id, subject, cohort, key, n)
  select c.campaign_id, 'minute', 0, minute_key(f.handed_at), count(*) from fresh f join cohort c on c.id = f.cohort
  where f.handed_at is not null group by c.campaign_id, minute_key(f.handed_at);
  return null;
end $$;

create function count_person() returns trigger language plpgsql as $$
declare
  was text[] := person_key(old.status, old.reason, old.linked_at, old.first_handed_at, old.in_app_at, old.delivered_at, old.opened_at,
    old.suspect, old.operation_at);
  becomes text[];
begin
  if tg_op <> 'DELETE' then
    becomes := person_key(new.status, new.reason, new.linked_at, new.first_handed_at, new.in_app_at, new.delivered_at, new.opened_at, new.suspect,
      new.operation_at);
  end if;
  if was is distinct from becomes then
    insert into tally_delta (campaign_id, subject, cohort, key, n)
    select old.campaign_id, 'person', old.cohort, k.key, k.n from (values (was, -1), (becomes, 1)) as k (key, n) where k.key is not null;
  end if;
  return null;
end $$;
create function count_message() returns trigger language plpgsql as $$
declare
  was text[] := message_key(old.kind, old.n, old.channel, old.status, old.reason);
  becomes text[];
  was_handed timestamptz := old.handed_at;
  is_handed timestamptz;
begin
  if tg_op <> 'DELETE' then
    becomes := message_key(new.kind, new.n, new.channel, new.status, new.reason);
    is_handed := new.handed_at;
  end if;
  if was is distinct from becomes and old.kind <> 'close' then
    insert into tally_delta (campaign_id, subject, cohort, key, n)
    select c.campaign_id, 'message', c.id, k.key, k.n from cohort c, (values (was, -1), (becomes, 1)) as k (key, n)
    where c.id = old.cohort and k.key is not null;
  end if;
  if was_handed is distinct from is_handed then
    insert into tally_delta (campaign_id, subject, cohort, key, n)
    select c.campaign_id, 'minute', 0, k.key, k.n from cohort c, (values (minute_key(was_handed), -1), (minute_key(is_handed), 1)) as k (key, n)
    where c.id = old.cohort and k.key is not null;
  end if;
  return null;
end $$;

-- A row that waits for its window gets another time: only a change of state is looked at.
create function count_row() returns trigger language plpgsql as $$
begin
  insert into tally_delta (campaign_id, subject, cohort, key, n)
  values (old.campaign_id, 'row', 0, array[old.status, old.reason], -1), (new.campaign_id, 'row', 0, array[new.status, new.reason], 1);
  return null;
end $$;
create function count_rows() returns trigger language plpgsql as $$
begin
  insert into tally_delta (campaign_id, subject, cohort, key, n)
  select campaign_id, 'row', 0, array[status, reason], (case tg_op when 'DELETE' then -1 else 1 end) * count(*)
  from touched group by campaign_id, status, reason;
  return null;
end $$;

create trigger persons_new after insert on dispatch referencing new table as fresh for each statement execute function count_new_persons();
create trigger person_changed after update on dispatch for each row when (new.cohort is not null) execute function count_person();
create trigger person_gone after delete on dispatch for each row when (old.cohort is not null) execute function count_person();
create trigger messages_new after insert on step referencing new table as fresh for each statement execute function count_new_messages();
create trigger message_changed after update on step for each row when (new.cohort is not null) execute function count_message();
create trigger message_gone after delete on step for each row when (old.cohort is not null) execute function count_message();
create trigger rows_new after insert on audience_row referencing new table as touched for each statement execute function count_rows();
create trigger row_changed after update on audience_row for each row
  when (old.status is distinct from new.status or old.reason is distinct from new.reason) execute function count_row();
create trigger rows_gone after delete on audience_row referencing old table as touched for each statement execute function count_rows();

-- Words that should not have gone out: whose links are being revoked, and how far that has come. `place`: the last dispatch looked at.
create table take_back (
  id uuid primary key,
  template text not null unique,
  revoke_links boolean not null,
  status text not null check (status in ('running', 'done')),
  place uuid,
  turn_until timestamptz,
  done int not null default 0,
  revoked int not null default 0,
  kept int not null default 0,
  unanswered int not null default 0,
  made_by text not null,
  created_at timestamptz not null default app_now(),
  ended_at timestamptz
);
