-- Suspect opens, evergreen links, paces, poison, and when an open was answered. Only adds: processes of the release before go on beside it.

-- `suspect`: why an open looks like a machine's (`scanner`, `too_fast`); null: like a person's. `suspect_opens`: what the
-- dispatch does about one. `suspect_until`: no step of a dispatch that holds for one leaves before. On the dispatch `suspect` says it of
-- every open so far, and is null again after a sign of life that is a person's.
alter table dispatch
  add column suspect text,
  add column suspect_opens text not null default 'stop' check (suspect_opens in ('stop', 'hold')),
  add column suspect_until timestamptz;
alter table link add column suspect text;
-- `fenced_at`: the server's clock when no step that the event stops could start any more; the answer came after it.
alter table partner_event
  add column suspect text,
  add column fenced_at timestamptz;

-- Codes of our own that stand in messages instead of the partner's link. Only their hash is kept; `asked_at`: when the button was last pressed.
create table evergreen (
  hash bytea primary key,
  dispatch_id uuid not null,
  created_at timestamptz not null default app_now(),
  asked_at timestamptz
);
create index evergreen_dispatch on evergreen (dispatch_id);

-- When a provider's sender may start its next unit (an SMS segment, a mail, a push): one row for all processes.
create table pace (
  provider text not null,
  sender text not null,
  free_at timestamptz not null default '-infinity',
  primary key (provider, sender)
) with (fillfactor = 50);

-- Turns that began alone and ended with neither an outcome nor a word: deaths of the worker that had the step.
alter table step add column deaths smallint not null default 0;

-- `outcome_at`: the server's clock, as `start_by` is, when the outcome was first written; what was settled before an open was fenced began before it.
alter table attempt add column outcome_at timestamptz;
-- Notices that name no link speak of a recipient.
create index partner_event_person on partner_event (reference_id) where link_lookup is null;

-- `restored_from`: this is a copy that knows nothing of what was sent after; null: it is none, or a person released it.
-- `restored_at`: when a worker first found that. `moved_at`: everything went to another server, and nothing starts here again.
alter table world
  add column restored_from timestamptz,
  add column restored_at timestamptz,
  add column moved_at timestamptz;

-- A text of a person's is read, by people, in the order of these ids.
alter table inbound_text add column id uuid not null unique default new_id();
