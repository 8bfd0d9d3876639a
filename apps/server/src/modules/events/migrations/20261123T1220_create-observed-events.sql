-- What each source sends: one row a kind of event, with the fields it was seen with. Kept by the observer.
create table observed_event (
  workspace_id integer not null,
  source integer not null,
  type text not null,
  name text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  count bigint not null,
  fields integer not null,
  state bytea not null,
  primary key (workspace_id, source, type, name)
) with (fillfactor = 70);
alter table observed_event alter column state set storage external;

-- Of each source as a whole, kinds of events beyond the bound included.
create table source_activity (
  workspace_id integer not null,
  source integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  count bigint not null,
  primary key (workspace_id, source)
) with (fillfactor = 70);

-- Changes in what a kind of event carries.
create table event_drift (
  workspace_id integer not null,
  id uuid not null,
  source integer not null,
  type text not null,
  name text not null,
  kind text not null,
  path text not null,
  json_type text not null,
  noticed_at timestamptz not null,
  ended_at timestamptz,
  acknowledged_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, source, type, name, kind, path, json_type)
);

-- Events sent to see what becomes of them.
create table test_event (
  workspace_id integer not null,
  id uuid not null,
  source integer not null,
  sent_at timestamptz not null,
  message_id text,
  field text,
  reason text,
  log smallint,
  lane smallint,
  seq bigint,
  node bigint,
  primary key (workspace_id, id)
);
