create table workspace (
  id integer generated always as identity primary key,
  name text not null,
  wrapped_key bytea not null,
  created_at timestamptz not null default now()
);

-- A write key names a source. It is public by nature: it sits in a web page.
create table write_key (
  key text primary key,
  workspace_id integer not null references workspace (id),
  name text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index write_key_workspace on write_key (workspace_id);

create table api_key (
  id uuid primary key,
  workspace_id integer not null references workspace (id),
  hash bytea not null unique,
  name text not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index api_key_workspace on api_key (workspace_id);
