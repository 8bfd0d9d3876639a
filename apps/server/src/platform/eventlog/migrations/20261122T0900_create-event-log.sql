-- Heads of the lanes: the last sequence number given out. Locked from the append until the commit, so a lane is gap-free in commit order.
create table log_lane (
  log smallint not null,
  lane smallint not null,
  head bigint not null default 0,
  primary key (log, lane)
) with (fillfactor = 50);

-- A group commit writes one row per lane: n events as snappy-compressed NDJSON.
create table log_block (
  log smallint not null,
  lane smallint not null,
  first_seq bigint not null,
  n integer not null,
  committed_at timestamptz not null default now(),
  payload bytea not null,
  primary key (log, lane, first_seq)
);
alter table log_block alter column payload set storage external;
create index log_block_committed_at on log_block using brin (committed_at);

-- One row per reader and lane: how far it has come, who holds it, and with which definitions it reads.
create table log_cursor (
  reader text not null,
  log smallint not null,
  lane smallint not null,
  seq bigint not null default 0,
  owner text,
  fence bigint not null default 0,
  lease_until timestamptz,
  config_version bigint not null default 0,
  border_seq bigint,
  primary key (reader, log, lane)
) with (fillfactor = 50);

-- Message ids seen; hash-partitioned so that an id is refused whatever day it first came.
create table log_seen (
  id uuid not null,
  day integer not null,
  primary key (id)
) partition by hash (id);
do $$
begin
  for part in 0..7 loop
    execute format('create table log_seen_%s partition of log_seen for values with (modulus 8, remainder %s)', part, part);
    execute format('create index log_seen_%s_day on log_seen_%s using brin (day)', part, part);
  end loop;
end $$;

create table log_dead_letter (
  reader text not null,
  log smallint not null,
  lane smallint not null,
  seq bigint not null,
  workspace_id integer not null,
  line text not null,
  error text not null,
  failed_at timestamptz not null default now(),
  primary key (reader, log, lane, seq)
);

-- The state of a subject, opaque and compressed; read and written once per batch.
create table subject_state (
  workspace_id integer not null,
  subject_id uuid not null,
  state bytea not null,
  primary key (workspace_id, subject_id)
) with (fillfactor = 70);
alter table subject_state alter column state set storage external;

-- Living processes, so that lanes are shared out evenly.
create table server_process (
  id text primary key,
  beat_at timestamptz not null default now()
);
