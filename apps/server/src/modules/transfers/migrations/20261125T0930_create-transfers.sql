-- Files that become events, row by row. `place` is the border between rows taken and rows to come, in bytes of the file.
create table data_import (
  workspace_id integer not null,
  id uuid not null,
  name text not null,
  kind text not null,
  format text not null,
  state text not null,
  mapping jsonb,
  options jsonb not null,
  -- The number of the source its events carry.
  source integer not null,
  size_bytes bigint not null default 0,
  place bigint not null default 0,
  -- Lines before `place`.
  lines bigint not null default 0,
  rows_read bigint not null default 0,
  rows_accepted bigint not null default 0,
  rows_rejected bigint not null default 0,
  reason text,
  owner text,
  lease_until timestamptz,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (workspace_id, id)
);
create index data_import_running on data_import (started_at) where state = 'running';

-- The uploaded file, sealed, as it came. Gone once the import is over.
create table data_import_piece (
  workspace_id integer not null,
  import_id uuid not null,
  start_byte bigint not null,
  size_bytes integer not null,
  sealed bytea not null,
  primary key (workspace_id, import_id, start_byte)
);
-- Sealed bytes do not compress.
alter table data_import_piece alter column sealed set storage external;
alter table data_import_piece alter column sealed set statistics 0;

-- Rows that were not taken; the row itself is sealed.
create table data_import_reject (
  workspace_id integer not null,
  import_id uuid not null,
  line bigint not null,
  at_column text not null,
  message text not null,
  sealed bytea,
  primary key (workspace_id, import_id, line)
);
alter table data_import_reject alter column sealed set statistics 0;

-- What is to be exported: the file is made while it is read.
create table data_export (
  workspace_id integer not null,
  id uuid not null,
  what text not null,
  segment_id uuid,
  format text not null,
  columns jsonb,
  from_at timestamptz,
  to_at timestamptz,
  created_at timestamptz not null,
  primary key (workspace_id, id)
);
