-- Somebody being erased: the keys are destroyed, and what follows is done step by step, by whoever comes next.
create table erasure (
  workspace_id integer not null,
  profile_id uuid not null,
  profile_ids uuid[] not null,
  nodes bigint[] not null,
  state text not null check (state in ('destroyed', 'marked', 'swept')),
  -- By the database's clock: transactions that began before may still write under her nodes.
  destroyed_at timestamptz not null,
  -- Lane heads every reader must have passed: [{log, lane, seq}, …].
  marks jsonb,
  counts jsonb not null,
  primary key (workspace_id, profile_id)
);
