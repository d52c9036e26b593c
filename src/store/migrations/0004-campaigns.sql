-- Campaigns: many dispatches from one audience under one schedule and pace. Only adds: processes of the release before go on beside it.

-- `status` knows only the life of it: paused is a hold in force, scheduled is running before its start, cancelling is
-- cancelled with dispatches left. `plan`: what all its dispatches share, without personal data. `start_at`: an instant;
-- `local_start`: the same time on the clock of each person. `launch_until`: who fills it with dispatches right now.
create table campaign (
  id uuid primary key,
  name text not null,
  status text not null check (status in ('draft', 'running', 'finished', 'cancelled')),
  reason text,
  lane int not null unique references lane (id),
  category text not null check (category in ('transactional', 'commercial')),
  plan jsonb not null,
  start_at timestamptz,
  local_start timestamp,
  valid_until timestamptz,
  own_window jsonb,
  brake jsonb not null,
  revoke_links boolean not null default false,
  recurrence uuid,
  fires_at timestamptz,
  made_by text not null,
  created_at timestamptz not null default app_now(),
  started_at timestamptz,
  ended_at timestamptz,
  launch_until timestamptz
);
create index campaign_alive on campaign (status) where status in ('running', 'cancelled');
create unique index campaign_firing on campaign (recurrence, fires_at) where recurrence is not null;

-- The pace of a campaign's lane: at most so many messages an hour, and when the next may leave.
alter table lane
  add column per_hour int,
  add column free_at timestamptz not null default '-infinity';

-- One upload, or one list of an earlier campaign, that was taken into an audience.
create table audience_upload (
  id uuid primary key,
  campaign_id uuid not null references campaign (id),
  source text not null check (source in ('file', 'list')),
  about jsonb not null,
  status text not null check (status in ('taking', 'done', 'broken')),
  rows int not null default 0,
  taken int not null default 0,
  known int not null default 0,
  doubled int not null default 0,
  refused int not null default 0,
  made_by text not null,
  created_at timestamptz not null default app_now(),
  ended_at timestamptz
);
create index audience_upload_campaign on audience_upload (campaign_id, created_at);

-- One person of an audience. `bucket` (0 to 9999): decides variant and holdout, the same for a person whatever else changes.
-- `hashes`: keyed hashes of addresses and person under every look-up key, to count suppressed people beforehand.
create table audience_row (
  campaign_id uuid not null,
  reference_id text not null,
  upload_id uuid not null,
  line int not null,
  locale text not null,
  time_zone text not null,
  zone_given boolean not null,
  channels text not null,
  bucket smallint not null,
  hashes bytea[] not null,
  own_link_until timestamptz,
  sealed bytea not null,
  status text not null check (status in ('waiting', 'accepted', 'refused', 'held_out', 'left_out')),
  reason text,
  dispatch_id uuid,
  send_at timestamptz,
  primary key (campaign_id, reference_id)
) with (fillfactor = 80);
create index audience_row_waiting on audience_row (campaign_id, send_at, reference_id) where status = 'waiting';
create index audience_row_line on audience_row (upload_id, line);

-- A line that was not taken, and why; `sealed`: the line itself, to be mended and brought again.
create table audience_refusal (
  upload_id uuid not null,
  line int not null,
  place smallint not null,
  field text not null,
  reason text not null,
  sealed bytea,
  primary key (upload_id, line, place)
);

-- The people of a campaign who are counted together: one variant, one locale. Dispatches and steps of singles have none.
create table cohort (
  id int generated always as identity primary key,
  campaign_id uuid not null,
  variant text not null,
  locale text not null,
  unique (campaign_id, variant, locale)
);
-- `linked_at`, `delivered_at`, `operation_at`: the first time, kept for dispatches of campaigns.
alter table dispatch
  add column cohort int,
  add column linked_at timestamptz,
  add column delivered_at timestamptz,
  add column operation_at timestamptz;
alter table step add column cohort int;
-- Who of a campaign is still on the way: what finishing and cancelling ask for.
create index dispatch_campaign_open on dispatch (campaign_id, id) where campaign_id is not null and status in ('accepted', 'sent');

-- Which words an attempt carried (`name@version`), so that those who got wrong ones are found.
alter table attempt add column template text;
create index attempt_template on attempt (template, dispatch_id) where template is not null;

-- A campaign that is made again and again, from a list of an earlier one.
create table recurrence (
  id uuid primary key,
  name text not null,
  cron text not null,
  time_zone text not null,
  source jsonb not null,
  campaign jsonb not null,
  next_at timestamptz,
  until timestamptz,
  stopped_at timestamptz,
  made_by text not null,
  created_at timestamptz not null default app_now()
);
create index recurrence_due on recurrence (next_at) where stopped_at is null and next_at is not null;

-- What the brake counts: people written to, people who could not be, people who said stop.
create index dispatch_campaign_handed on dispatch (campaign_id, first_handed_at) where campaign_id is not null and first_handed_at is not null;
create index dispatch_campaign_failed on dispatch (campaign_id, ended_at) where campaign_id is not null and status = 'failed';
create index suppression_said on suppression (placed_at) where reason in ('opt_out', 'complaint') and lifted_at is null;

-- When an upload last said how far it had come: one whose process died with it is not taking rows any more.
alter table audience_upload add column heard_at timestamptz not null default app_now();

-- When rows go that have no time of their own, where the clocks of people or the hours of variants decide: those of a zone whose
-- bucket is between `low` and `high`, both included. A campaign without waves begins for everybody at once.
create table campaign_wave (
  campaign_id uuid not null references campaign (id),
  time_zone text not null,
  low smallint not null,
  high smallint not null,
  at timestamptz not null,
  primary key (campaign_id, time_zone, low)
);
create index audience_row_wave on audience_row (campaign_id, time_zone, bucket) where status = 'waiting' and send_at is null;
-- When a turn to launch it was last taken: a time that came after it was met by nobody.
alter table campaign add column turned_at timestamptz;
