create table segment (
  workspace_id integer not null,
  id uuid not null,
  name text not null,
  rule jsonb not null,
  -- filling: history is being counted; sweeping: every profile is being looked at once; live: exact; archived: gone.
  status text not null check (status in ('filling', 'sweeping', 'live', 'archived')),
  -- The last profile the sweep has looked at.
  swept_to uuid,
  created_at timestamptz not null,
  archived_at timestamptz,
  primary key (workspace_id, id)
);
create unique index segment_name on segment (workspace_id, lower(name)) where status <> 'archived';

-- What is counted for rules, shared by all rules that count the same. A leaf that is dropped and needed again later gets
-- a new generation, so that what profiles still hold of the old one is never taken for it.
create table segment_leaf (
  workspace_id integer not null,
  generation integer generated always as identity,
  leaf_key text not null,
  -- filling: counted live from the cut on, history not yet there; filled: history lies in leaf_state; live: folded in everywhere.
  status text not null check (status in ('filling', 'filled', 'live')),
  -- [[log, lane, seq], …]: history counts up to these places, processors from there on.
  cut jsonb not null,
  primary key (workspace_id, generation),
  unique (workspace_id, leaf_key)
);

-- History of a leaf by node, until it is folded into the profile the node belongs to.
create table leaf_state (
  workspace_id integer not null,
  generation integer not null,
  node bigint not null,
  times bigint[] not null,
  primary key (workspace_id, generation, node)
);

create table segment_member (
  workspace_id integer not null,
  segment_id uuid not null,
  profile_id uuid not null,
  entered_at timestamptz not null,
  primary key (workspace_id, segment_id, profile_id)
);
create index segment_member_profile on segment_member (workspace_id, profile_id);

-- When the membership of a profile can next change by time passing alone.
create table segment_wake (
  workspace_id integer not null,
  profile_id uuid not null,
  wake_at timestamptz not null,
  primary key (workspace_id, profile_id)
) with (fillfactor = 70);
create index segment_wake_at on segment_wake (wake_at);
