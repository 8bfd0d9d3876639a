-- Who needs the leaves of a row: a segment; or a computed trait or the lifecycle stages, which are filled and followed like one.
alter table segment add column kind text not null default 'segment' check (kind in ('segment', 'trait', 'lifecycle'));
drop index segment_name;
create unique index segment_name on segment (workspace_id, kind, lower(name)) where status <> 'archived';

-- Its back-fill is the row of `segment` with the same id.
create table computed_trait (
  workspace_id integer not null,
  id uuid not null,
  name text not null,
  rule jsonb not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  archived_at timestamptz,
  primary key (workspace_id, id)
);
create unique index computed_trait_name on computed_trait (workspace_id, name) where archived_at is null;

-- How a workspace tells lifecycle stages; without a row by the defaults, and nothing is told of.
create table lifecycle_settings (
  workspace_id integer primary key,
  settings jsonb not null,
  changed_at timestamptz not null
);
