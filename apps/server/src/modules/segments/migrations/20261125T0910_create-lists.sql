-- Lists of profiles that people keep by hand.
create table manual_list (
  workspace_id integer not null,
  id uuid not null,
  name text not null,
  created_at timestamptz not null,
  archived_at timestamptz,
  primary key (workspace_id, id)
);
create unique index manual_list_name on manual_list (workspace_id, lower(name)) where archived_at is null;

-- Filed under the identifier it was put there by, so that it goes where the identifier goes; `profile_id` is whose it is now.
create table manual_list_member (
  workspace_id integer not null,
  list_id uuid not null,
  node bigint not null,
  profile_id uuid not null,
  added_at timestamptz not null,
  primary key (workspace_id, list_id, node)
);
create index manual_list_member_profile on manual_list_member (workspace_id, profile_id, list_id);
create index manual_list_member_list on manual_list_member (workspace_id, list_id, profile_id);
