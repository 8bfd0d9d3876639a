-- What messages are about. A topic that asks for opt-in is forbidden until the customer said yes.
create table consent_topic (
  workspace_id integer not null,
  topic text not null,
  name text not null,
  requires_opt_in boolean not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, topic)
);

-- Every word a customer said about being written to, as it was said. Never changed, save for whose it is when profiles merge.
create table consent_record (
  workspace_id integer not null,
  id uuid not null,
  profile_id uuid not null,
  -- The identifier it was said under: upon the undoing of a merge the record goes where this node goes.
  node_kind smallint not null,
  node_id bigint not null,
  channel text not null,
  -- '*' stands for every topic that asks for opt-in.
  topic text not null,
  status text not null check (status in ('granted', 'denied')),
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  source text not null,
  -- What the record came from, so that a repeat is recognised.
  cause text not null,
  -- Wording, page and network address as evidence; sealed. The first byte says with which key.
  proof bytea,
  primary key (workspace_id, id),
  unique (workspace_id, cause, channel, topic)
);
create index consent_record_profile on consent_record (workspace_id, profile_id, occurred_at desc, id desc);

-- The last word by profile, channel and topic: newest by occurred_at, a denial before a grant of the same instant.
create table consent_state (
  workspace_id integer not null,
  profile_id uuid not null,
  channel text not null,
  topic text not null,
  status text not null,
  occurred_at timestamptz not null,
  record_id uuid not null,
  primary key (workspace_id, profile_id, channel, topic)
) with (fillfactor = 80);

-- Addresses that must not be used, by keyed hash: the list survives the erasure of the customer and tells nobody's address.
create table suppression (
  workspace_id integer not null,
  address_hash uuid not null,
  channel text not null,
  reason text not null check (reason in ('hard_bounce', 'complaint', 'unsubscribe_all', 'manual')),
  source text not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null,
  primary key (workspace_id, address_hash, channel, reason)
);
create index suppression_created_at on suppression (workspace_id, created_at desc, address_hash, channel, reason);
