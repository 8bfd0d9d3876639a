create table profile (
  workspace_id integer not null,
  id uuid not null,
  created_at timestamptz not null,
  merged_into uuid,
  merged_at timestamptz,
  primary key (workspace_id, id)
);

-- An identifier is a node with an id of its own. History names nodes; only this table says whose they are.
create table identity_node (
  id bigint generated always as identity,
  workspace_id integer not null,
  kind smallint not null,
  -- Keyed hash of kind and value: look-up without the value.
  hash uuid not null,
  -- The value, sealed with the node's own key.
  value bytea not null,
  -- The node's data key, wrapped by the workspace's. Destroying it erases all that was sealed with it.
  wrapped_key bytea,
  profile_id uuid,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, hash)
);
create index identity_node_profile on identity_node (workspace_id, profile_id) where profile_id is not null;

-- What a merge joined, so that it can be explained and undone.
create table profile_merge (
  workspace_id integer not null,
  id uuid not null,
  from_profile uuid not null,
  into_profile uuid not null,
  from_nodes bigint[] not null,
  cause_message_id text not null,
  merged_at timestamptz not null,
  primary key (workspace_id, id)
);
create index profile_merge_into on profile_merge (workspace_id, into_profile);

-- An identifier on an event that was left where it was, because following it would have joined two customers.
create table identity_conflict (
  workspace_id integer not null,
  profile_id uuid not null,
  node bigint not null,
  cause_message_id text not null,
  found_at timestamptz not null,
  primary key (workspace_id, profile_id, node)
);

-- Order in which nodes were given to profiles.
create sequence node_map_version;
