-- Marketing or transactional is why a message may go at all; whether silence forbids it is another matter.
alter table consent_topic rename column requires_opt_in to is_marketing;
alter table consent_topic add column silence text not null default 'opt_in' check (silence in ('opt_in', 'opt_out'));
comment on column consent_topic.silence is 'What holds of who never said anything: opt_in forbids, opt_out permits.';
update consent_topic set silence = 'opt_out' where not is_marketing;

-- In which order words and merges became known: a profile's are written under its lock, so their numbers are in order.
create sequence consent_order;

alter table consent_record
  add column seq bigint not null default nextval('consent_order'),
  -- Who the profile was when it was recorded: `profile_id` changes with merges.
  add column said_by uuid,
  -- The address a yes was confirmed for; null: said of none in particular.
  add column address_hash uuid,
  add column legal_basis text not null default 'marketing' check (legal_basis in ('marketing', 'transactional')),
  -- Which text was shown; the text itself is in the proof.
  add column wording text,
  add column wording_version integer;
update consent_record set said_by = profile_id;
alter table consent_record alter column said_by set not null;
update consent_record r set legal_basis = 'transactional'
  from consent_topic t where t.workspace_id = r.workspace_id and t.topic = r.topic and not t.is_marketing;

-- Two profiles became one: what each said before counts by the more restrictive of the two. Gone once it is undone.
create table consent_merge (
  workspace_id integer not null,
  -- Whose it is now.
  profile_id uuid not null,
  seq bigint not null default nextval('consent_order'),
  from_profile uuid not null,
  into_profile uuid not null,
  from_nodes bigint[] not null,
  into_nodes bigint[] not null,
  -- Event time of what showed that they are one: a word said after it is said by the one.
  said_at timestamptz not null,
  merged_at timestamptz not null,
  primary key (workspace_id, profile_id, seq)
);

-- What counts now, by profile, channel, topic and address: the last no, what waits for a confirmation, every yes since.
-- A cache of the records: `refreshStates` makes it anew.
alter table consent_state add column address_hash uuid;
alter table consent_state drop constraint consent_state_pkey;
create index consent_state_profile on consent_state (workspace_id, profile_id);

-- The address a confirmation is asked for; `address_hash` is of its mailbox.
alter table consent_confirmation add column asked_address uuid;

-- How often, and not before when: what customers wish beside topics. Never changed, save for whose it is.
create table consent_wish (
  workspace_id integer not null,
  id uuid not null,
  seq bigint not null default nextval('consent_order'),
  profile_id uuid not null,
  said_by uuid not null,
  node_kind smallint not null,
  node_id bigint not null,
  kind text not null check (kind in ('pause', 'frequency')),
  -- Of a pause; null ends it.
  until_at timestamptz,
  is_less_often boolean,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  source text not null,
  cause text not null,
  proof bytea,
  primary key (workspace_id, id),
  unique (workspace_id, cause, kind)
);
create index consent_wish_profile on consent_wish (workspace_id, profile_id, seq);

-- Texts customers agree to. A version is never changed.
create table consent_wording (
  workspace_id integer not null,
  wording text not null,
  version integer not null,
  language text not null,
  text text not null,
  created_at timestamptz not null,
  primary key (workspace_id, wording, version)
);
