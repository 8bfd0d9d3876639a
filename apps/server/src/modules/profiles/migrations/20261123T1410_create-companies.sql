create table company (
  workspace_id integer not null,
  id uuid not null,
  -- Keyed hash of the groupId: look-up also where that is somebody's address.
  group_key uuid not null,
  -- Null when it is personal: then `personal` has it, sealed.
  group_id text,
  -- The trait as it stands, for search.
  name text,
  -- By trait: value and when it was said.
  traits jsonb not null,
  -- groupId and traits that are personal: sealed value, when it was said, and the node whose key opens it.
  personal jsonb not null,
  first_ms bigint not null,
  last_ms bigint not null,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, group_key)
);

create table company_member (
  workspace_id integer not null,
  company_id uuid not null,
  profile_id uuid not null,
  role text,
  -- When the role was said; null: never.
  role_ms bigint,
  first_ms bigint not null,
  last_ms bigint not null,
  -- Who left belongs again when that is said of a later instant.
  left_ms bigint,
  primary key (workspace_id, company_id, profile_id)
);
create index company_member_profile on company_member (workspace_id, profile_id);
