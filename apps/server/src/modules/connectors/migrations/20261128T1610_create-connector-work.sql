-- Work on a connector that goes over its own time: back-fill, polls, looks at its health, reports.
create table connector_job (
  workspace_id integer not null,
  connector_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('back_fill', 'poll', 'health', 'reconcile')),
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  resource text,
  -- Only what changed since.
  since timestamptz,
  -- Up to here the next one need not look: taken when this one began.
  begun_at timestamptz,
  -- Where it goes on.
  place jsonb,
  records integer not null default 0,
  attempts integer not null default 0,
  result jsonb,
  fault text,
  due_at timestamptz not null,
  lease_owner uuid,
  lease_until timestamptz,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (workspace_id, connector_id, id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_job_due on connector_job (due_at) where state in ('waiting', 'running');
create unique index connector_job_standing on connector_job (workspace_id, connector_id, kind, resource)
  where kind in ('poll', 'health') and state in ('waiting', 'running');

-- A till and how far its records have come.
create table connector_device (
  workspace_id integer not null,
  connector_id uuid not null,
  device text not null,
  -- SHA-256 of its key: random enough that nothing slower is needed.
  key_sha256 bytea not null,
  -- Where it stands, as its items name places; empty: they say so themselves, or nobody does.
  location text not null default '',
  -- Every record up to here is taken.
  through bigint not null default 0 check (through >= 0),
  -- Those taken beyond.
  ahead bigint[] not null default '{}',
  created_at timestamptz not null,
  last_seen_at timestamptz,
  primary key (workspace_id, connector_id, device),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);

-- How far the news of stock are taken up for a shop.
create table connector_push_place (
  workspace_id integer not null,
  connector_id uuid not null,
  after_seq bigint not null,
  primary key (workspace_id, connector_id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);

-- What is to be told to a shop: one row per thing, however often it changed.
create table connector_push (
  workspace_id integer not null,
  connector_id uuid not null,
  variant_id uuid not null,
  -- Moves on with each change: what was told is gone only if nothing changed since.
  mark bigint not null,
  attempts integer not null default 0,
  fault text,
  due_at timestamptz not null,
  lease_until timestamptz,
  primary key (workspace_id, connector_id, variant_id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_push_due on connector_push (due_at);
alter table connector_push set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
