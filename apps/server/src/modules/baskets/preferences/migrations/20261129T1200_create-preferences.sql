-- Where preferences were said: one device that holds the token, or a server's words under one identifier. What a customer prefers
-- is read from all that are linked to her; nothing is ever copied from one to another, so a merge that is undone leaves no trace.
create table preference_set (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  -- Whoever knows it may read and change what the customer prefers.
  token text not null check (length(token) between 16 and 200),
  profile_id uuid,
  -- The identity node it is filed under.
  node bigint,
  -- On a trusted word alone: a device may claim any id.
  is_linked boolean not null default false,
  source text not null check (source in ('api', 'device')),
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
);
create unique index preference_set_token on preference_set (workspace_id, token);
-- What servers say under one identifier.
create unique index preference_set_api on preference_set (workspace_id, node) where source = 'api';
create index preference_set_profile on preference_set (workspace_id, profile_id) where profile_id is not null;
create index preference_set_node on preference_set (workspace_id, node) where node is not null;
-- Guests' ones that nobody came back to.
create index preference_set_stale on preference_set (updated_at) where not is_linked;

-- What was said last of one preference there. Null is a tombstone: it keeps its instant, so that an older word brings nothing back.
create table preference (
  workspace_id integer not null references workspace (id),
  set_id uuid not null,
  name text not null check (length(name) between 1 and 60),
  value jsonb,
  said_at_ms bigint not null,
  said_by text not null,
  primary key (workspace_id, set_id, name),
  foreign key (workspace_id, set_id) references preference_set (workspace_id, id) on delete cascade
);
