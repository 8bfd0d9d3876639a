-- What Segue's own modules have to say and the log does not hold yet: written with the change itself, gone once it is appended.
create table announcement (
  workspace_id integer not null references workspace (id) on delete cascade,
  id bigint generated always as identity,
  source integer not null,
  -- An item of the tracking API as JSON, sealed with the workspace's wrapping key.
  item bytea not null,
  primary key (workspace_id, id)
);
-- Rows come and go; most of the time there are none.
alter table announcement set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
