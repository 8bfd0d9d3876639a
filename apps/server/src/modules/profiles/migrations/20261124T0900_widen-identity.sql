-- How a workspace recognises its customers: rank and limit of each kind, values that identify nobody, its country.
create table identity_settings (
  workspace_id integer primary key,
  settings jsonb not null,
  updated_at timestamptz not null
);

-- Kinds a workspace made itself. A code never gets another meaning: history is stored with it.
create table identity_kind (
  workspace_id integer not null,
  code smallint not null check (code between 100 and 199),
  name text not null,
  primary key (workspace_id, code),
  unique (workspace_id, name)
);

-- Bits: 1 only claimed, 2 shared, 4 quarantined. The owner's state is the truth; this is for lists.
alter table identity_node add column flags smallint not null default 0;
-- An erased node has no key, no value, no owner and a hash of nothing.
alter table identity_node add column erased_at timestamptz;

-- Identifiers of erased customers: a late event or an old cookie must not bring them back.
create table erased_identifier (
  workspace_id integer not null,
  hash uuid not null,
  kind smallint not null,
  erased_at timestamptz not null,
  primary key (workspace_id, hash)
);

-- Why two profiles were merged, what of each trait became of it, and whether it was undone.
alter table profile_merge
  add column cause_kind text not null default 'event' check (cause_kind in ('event', 'member')),
  add column actor text,
  -- The identifiers that led from one to the other.
  add column matched bigint[] not null default '{}',
  -- Trait by trait, sealed with the key of `outcome_node`.
  add column outcome bytea,
  add column outcome_node bigint,
  add column undone_at timestamptz,
  add column undone_by text;
create index profile_merge_from on profile_merge (workspace_id, from_profile);

-- `profile_id` got the event, `node` was left where it was: with `owner_profile`, or with nobody.
alter table identity_conflict
  add column id uuid not null default gen_random_uuid(),
  add column reason text not null default 'limit'
    check (reason in ('user_id', 'limit', 'unverified', 'shared_device', 'apart', 'merge_limit')),
  add column owner_profile uuid,
  add column status text not null default 'open' check (status in ('open', 'settled', 'dismissed')),
  add column seen_count integer not null default 1,
  add column last_seen_at timestamptz,
  add column settled_at timestamptz,
  add column settled_by text,
  add column settlement text;
create unique index identity_conflict_id on identity_conflict (workspace_id, id);
create index identity_conflict_open on identity_conflict (workspace_id, found_at desc, id) where status = 'open';
create index identity_conflict_owner on identity_conflict (workspace_id, owner_profile);

-- Profiles whose state is to be made anew because a node was taken from them within a batch.
create table profile_rebuild (
  workspace_id integer not null,
  id bigint generated always as identity,
  from_profile uuid not null,
  into_profile uuid not null,
  nodes bigint[] not null,
  reason text not null,
  asked_at timestamptz not null,
  primary key (workspace_id, id)
);
