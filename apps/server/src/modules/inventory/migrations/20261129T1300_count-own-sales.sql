-- What a source that counts its stock now and then has itself sold or taken back since its last count: the next one has it already.
create table stock_own_change (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  source text not null,
  item_id uuid not null,
  location_id uuid not null,
  delta bigint not null,
  -- By the clock of the source, as its counts are.
  at timestamptz not null,
  primary key (workspace_id, id)
);
create index stock_own_change_level on stock_own_change (workspace_id, source, item_id, location_id);
create index stock_own_change_old on stock_own_change (at);
