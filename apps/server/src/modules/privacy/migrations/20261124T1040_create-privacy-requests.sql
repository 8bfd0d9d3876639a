-- What people asked about their data. Identifier and note are sealed while it runs and gone once it is over.
create table privacy_request (
  workspace_id integer not null,
  id uuid not null,
  kind text not null,
  regulation text not null,
  state text not null,
  waiting_for text,
  origin text not null,
  profile_id uuid,
  identifier_hash uuid,
  sealed bytea,
  suppress boolean not null,
  account_id uuid,
  created_at timestamptz not null,
  due_at timestamptz not null,
  next_at timestamptz not null,
  -- Counts takers: whoever has an older number lost it to somebody else.
  lease integer not null default 0,
  attempts integer not null default 0,
  error text,
  outcome text,
  progress jsonb not null default '{}',
  counts jsonb not null default '{}',
  finished_at timestamptz,
  primary key (workspace_id, id)
);
create index privacy_request_due on privacy_request (next_at) where state in ('received', 'running');

-- Files of exports, sealed, in pieces.
create table privacy_export_part (
  workspace_id integer not null,
  request_id uuid not null,
  part integer not null,
  sealed bytea not null,
  created_at timestamptz not null,
  primary key (workspace_id, request_id, part)
);
create index privacy_export_part_age on privacy_export_part (created_at);
