-- The manual list the profiles of an import go on, and how far the logs reached when its last row was taken: once they are
-- processed up to there, every profile it makes is made.
alter table data_import add column list_id uuid;
alter table data_import add column borders jsonb;

-- Whom an import has still to put on its list, by the strongest identifier of the row.
create table data_import_listing (
  workspace_id integer not null,
  import_id uuid not null,
  node bigint not null,
  primary key (workspace_id, import_id, node)
);

-- The newest download of an export: how many customers or events it has looked at, of how many, and what it has written.
alter table data_export add column looked_at bigint not null default 0;
alter table data_export add column to_look_at bigint;
alter table data_export add column rows_written bigint not null default 0;
alter table data_export add column started_at timestamptz;
alter table data_export add column ended_at timestamptz;
