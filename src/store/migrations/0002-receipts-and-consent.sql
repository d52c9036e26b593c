-- What providers and people say afterwards. Only adds: processes of the release before go on beside it.

-- The rank of the last receipt, so that late and repeated ones change nothing; `receipt_due` is one that came before the
-- outcome of its attempt was written. `body_hash`: the text as it was sent, to find it again at the provider.
alter table attempt
  add column receipt_rank smallint,
  add column receipt_final boolean,
  add column receipt_reason text,
  add column receipt_due jsonb,
  add column asked_at timestamptz,
  add column body_hash bytea;
create index attempt_receipt_due on attempt (claimed_at) where receipt_due is not null;
create index attempt_without_end on attempt (claimed_at)
  where channel = 'sms' and outcome = 'accepted' and receipt_final is not true;

-- `scope`: everything, or commercial messages only. A process of the release before takes either for everything.
-- `source`: a stop of a person's will also stands on the recipient, for this channel, so that it survives a new address.
alter table suppression
  add column scope text not null default 'all' check (scope in ('all', 'commercial')),
  add column source uuid,
  add column lift_reason text,
  add column lift_consent text;
create index suppression_list on suppression (id) where lifted_at is null and source is null;
create index suppression_source on suppression (source) where source is not null;

-- What people wrote back and nobody but a person can answer.
create table inbound_text (
  key_hash bytea primary key,
  hash bytea not null,
  dispatch_id uuid,
  sealed bytea not null,
  received_at timestamptz not null default app_now()
);
