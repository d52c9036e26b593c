-- The road: dispatches, their steps and attempts, links, facts. Everything that grows with traffic is keyed by UUIDv7
-- and range-partitioned by it from the start; ciphertext lives in tables that are only ever inserted into.

-- One row that says which world this database belongs to (P12). A process of another world refuses to start.
create table world (
  only_row boolean primary key default true check (only_row),
  kind text not null check (kind in ('sandbox', 'test', 'live')),
  database_id uuid not null default gen_random_uuid(),
  stamped_at timestamptz not null default now()
);

-- The offset that only the sandbox can set; apart from `world` so that reading the time touches one cold row.
create table clock (
  only_row boolean primary key default true check (only_row),
  ahead interval not null default '0'
);
insert into clock default values;

-- The time that decides. Leases and `start_by` use clock_timestamp() instead: they guard processes, not people.
create function app_now() returns timestamptz language sql stable as
  $$ select statement_timestamp() + (select ahead from clock) $$;

create table heartbeat (
  only_row boolean primary key default true check (only_row),
  beaten_at timestamptz not null,
  database_system text not null
);

-- Ids made by the database itself. Needs PostgreSQL 18, as `migrate` says before it begins.
create function new_id() returns uuid language sql volatile as $$ select uuidv7() $$;

-- The smallest UUIDv7 of an instant: the bound of a partition.
create function id_at(at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

-- A lane is `single` (id 1) or one campaign. The pump visits open lanes by quota, lower `priority` first.
create table lane (
  id int generated always as identity primary key,
  campaign_id uuid unique,
  open boolean not null default true,
  priority smallint not null default 10,
  quota int not null default 250
);
insert into lane (priority, quota) values (0, 1000);

create table recipient (
  reference_id text primary key,
  locale text,
  time_zone text,
  contact_hash bytea,
  contact bytea,
  created_at timestamptz not null default app_now(),
  updated_at timestamptz not null default app_now()
);

-- All work on one recipient's link is serialised by this row, never by a database lock across HTTP.
create table recipient_lease (
  reference_id text primary key,
  holder uuid not null,
  held_until timestamptz not null
) with (fillfactor = 70);

create table dispatch (
  id uuid not null primary key,
  reference_id text not null,
  lane int not null,
  campaign_id uuid,
  status text not null,
  reason text,
  category text not null,
  template text not null,
  locale text not null,
  time_zone text not null,
  zone_given boolean not null,
  channels text not null,
  fall_back_ms bigint not null,
  life_minutes int not null,
  link_options jsonb not null,
  own_link uuid,
  send_at timestamptz,
  valid_until timestamptz,
  first_handed_at timestamptz,
  in_app_at timestamptz,
  opened_at timestamptz,
  ended_at timestamptz,
  revision smallint not null default 1,
  created_at timestamptz not null
) partition by range (id);
create index dispatch_reference on dispatch (reference_id, id);
create index dispatch_running on dispatch (reference_id) where status in ('accepted', 'sent');
create index dispatch_status on dispatch (status, id);
create index dispatch_campaign on dispatch (campaign_id, id) where campaign_id is not null;

-- kind `person`: contact, variables, metadata; kind `user_data`: what the partner prefills. A change is a new revision.
create table dispatch_secret (
  dispatch_id uuid not null,
  kind text not null,
  revision smallint not null,
  sealed bytea not null,
  primary key (dispatch_id, kind, revision)
) partition by range (dispatch_id);

-- Keyed hashes, so that a dispatch is found by phone, email or recipient without an address being readable here.
create table dispatch_address (
  dispatch_id uuid not null,
  hash bytea not null,
  channel text not null,
  primary key (dispatch_id, hash)
) partition by range (dispatch_id);
create index dispatch_address_hash on dispatch_address (hash, dispatch_id);

create table step (
  dispatch_id uuid not null,
  n smallint not null,
  kind text not null check (kind in ('first', 'reminder', 'resend', 'close')),
  lane int not null,
  channel text not null,
  chain text not null,
  needs_link boolean not null,
  template text not null,
  after_ms bigint,
  due_at timestamptz,
  fall_back_at timestamptz,
  status text not null,
  reason text,
  turn int not null default 0,
  empty_turns smallint not null default 0,
  lease_until timestamptz,
  start_by timestamptz,
  slot int,
  tries smallint not null default 0,
  attempts smallint not null default 0,
  provider text,
  handed_at timestamptz,
  confirmed boolean,
  primary key (dispatch_id, n)
) partition by range (dispatch_id);
-- The pump's predicate, exactly: a paused campaign of a million rows costs a single dispatch nothing.
create index step_due on step (lane, channel, needs_link, due_at) where status = 'pending';
create index step_in_hand on step (status, lease_until) where status in ('queued', 'claimed');
create index step_unclear on step (due_at) where status = 'ambiguous';

create table attempt (
  dispatch_id uuid not null,
  step_n smallint not null,
  n smallint not null,
  turn int not null,
  channel text not null,
  provider text not null,
  address_hash bytea,
  link_id uuid,
  claimed_at timestamptz not null,
  start_by timestamptz not null,
  outcome text,
  reason text,
  provider_id text,
  settled_at timestamptz,
  receipt text,
  receipt_at timestamptz,
  primary key (dispatch_id, step_n, n)
) partition by range (dispatch_id);
create index attempt_provider_id on attempt (provider_id) where provider_id is not null;

create table link (
  id uuid not null primary key,
  reference_id text not null,
  lookup bytea not null,
  origin text not null check (origin in ('created', 'adopted', 'brought')),
  status text not null check (status in ('active', 'opened', 'revoked')),
  requested_ms bigint not null,
  expires_at timestamptz not null,
  opened_at timestamptz,
  revoked_at timestamptz,
  operation_id text,
  operation_status text,
  created_at timestamptz not null
) partition by range (id);
create index link_lookup on link (lookup);
create index link_living on link (reference_id, expires_at) where status = 'active';

create table link_secret (
  link_id uuid not null primary key,
  sealed bytea not null
) partition by range (link_id);

-- Which dispatch ever carried which link: an open of any of them opens the dispatch.
create table carried (
  dispatch_id uuid not null,
  link_id uuid not null,
  carried_at timestamptz not null,
  primary key (dispatch_id, link_id)
) partition by range (dispatch_id);
create index carried_link on carried (link_id);

-- The partner's create limit: a slot is taken at the pump and free again 60 s after the answer (P7).
create table link_slot (
  n int primary key,
  reserved boolean not null,
  free_at timestamptz not null default '-infinity'
) with (fillfactor = 50);

create table partner_event (
  key_hash bytea primary key,
  type text not null,
  link_lookup bytea,
  reference_id text,
  opened_at timestamptz,
  operation_id text,
  data jsonb not null,
  sealed bytea not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null default app_now(),
  applied_at timestamptz
);
create index partner_event_link on partner_event (link_lookup) where link_lookup is not null;
create index partner_event_open on partner_event (received_at) where applied_at is null;

create table suppression (
  id uuid primary key,
  hash bytea not null,
  channel text not null,
  reason text not null,
  note text,
  placed_by text not null,
  placed_at timestamptz not null default app_now(),
  lifted_at timestamptz,
  lifted_by text
);
create unique index suppression_in_force on suppression (hash) where lifted_at is null;

create table hold (
  id uuid primary key,
  scope text not null check (scope in ('all', 'campaign', 'template', 'channel', 'provider', 'partner')),
  value text not null,
  reason text not null,
  placed_by text not null,
  placed_at timestamptz not null default app_now(),
  probe_at timestamptz,
  lifted_at timestamptz,
  lifted_by text
);
create unique index hold_in_force on hold (scope, value) where lifted_at is null;

create table event (
  id uuid not null primary key,
  sequence bigint,
  type text not null,
  dispatch_id uuid,
  data jsonb not null,
  occurred_at timestamptz not null
) partition by range (id);
create index event_dispatch on event (dispatch_id, id) where dispatch_id is not null;
create index event_sequence on event (sequence) where sequence is not null;
create index event_unnumbered on event (id) where sequence is null;

create table feed (
  only_row boolean primary key default true check (only_row),
  last_sequence bigint not null default 0
);
insert into feed default values;

create table idempotency (
  key_hash bytea primary key,
  body_hash bytea not null,
  status smallint not null,
  location text,
  body text not null,
  created_at timestamptz not null default app_now()
);
create index idempotency_age on idempotency (created_at);

create table api_key (
  id uuid primary key,
  hash bytea not null unique,
  label text not null,
  scopes text[] not null,
  created_at timestamptz not null default app_now(),
  revoked_at timestamptz
);

create table console_session (
  hash bytea primary key,
  kind text not null check (kind in ('sign_in', 'session')),
  api_key_id uuid not null references api_key (id),
  expires_at timestamptz not null
);

-- A partition a month, some months ahead. A month whose rows are in `_rest` already stays there: they are found all the same.
-- Hot tables are vacuumed by their dead rows, not by a share of their size. One process at a time.
create procedure keep_partitions(months int) language plpgsql as $$
declare
  parent text;
  part text;
  month timestamp;
begin
  perform pg_advisory_xact_lock(hashtext('link-dispatcher/partitions'));
  foreach parent in array array['dispatch', 'dispatch_secret', 'dispatch_address', 'step', 'attempt', 'link', 'link_secret', 'carried', 'event'] loop
    for i in 0..months loop
      month := date_trunc('month', now() at time zone 'utc') + make_interval(months => i);
      part := parent || to_char(month, '"_y"YYYY"m"MM');
      continue when to_regclass(part) is not null;
      begin
        execute format('create table %I partition of %I for values from (%L) to (%L)', part, parent,
          id_at(month at time zone 'utc'), id_at((month + interval '1 month') at time zone 'utc'));
      exception when check_violation then
        continue;
      end;
      if parent in ('dispatch', 'step', 'attempt') then
        execute format('alter table %I set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)', part);
      end if;
    end loop;
    execute format('create table if not exists %I partition of %I default', parent || '_rest', parent);
  end loop;
end $$;
call keep_partitions(2);
