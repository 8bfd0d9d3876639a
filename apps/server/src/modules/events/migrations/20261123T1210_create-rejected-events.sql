-- Samples of what intake refused. What was sent may be personal: it is sealed under the workspace's key.
create table rejected_event (
  workspace_id integer not null,
  id uuid not null,
  source integer not null,
  at timestamptz not null,
  type text not null,
  name text not null,
  field text not null,
  reason text not null,
  item_sealed bytea not null,
  is_cut boolean not null,
  primary key (workspace_id, id)
);
create index rejected_event_at on rejected_event using brin (at);

-- All of it, counted. The hour is since the epoch.
create table rejected_count (
  workspace_id integer not null,
  source integer not null,
  hour integer not null,
  type text not null,
  name text not null,
  field text not null,
  reason text not null,
  count bigint not null,
  last_at timestamptz not null,
  primary key (workspace_id, source, hour, type, name, field, reason)
) with (fillfactor = 80);

-- Requests whose key is missing or unknown belong to no workspace; the day is since the epoch.
create table refused_stranger (
  day integer not null,
  reason text not null,
  count bigint not null,
  primary key (day, reason)
);
