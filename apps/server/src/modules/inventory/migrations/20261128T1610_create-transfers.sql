-- Goods that move from one location to another. What is on its way is a row of incoming_stock for each item.
create table stock_transfer (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  from_location_id uuid not null,
  to_location_id uuid not null,
  state text not null check (state in ('draft', 'shipped', 'cancelled')),
  due_at timestamptz,
  reference text,
  created_at timestamptz not null,
  shipped_at timestamptz,
  primary key (workspace_id, id),
  check (from_location_id <> to_location_id),
  check (state <> 'shipped' or shipped_at is not null)
);
create unique index stock_transfer_reference on stock_transfer (workspace_id, reference) where reference is not null;

create table stock_transfer_line (
  workspace_id integer not null references workspace (id),
  transfer_id uuid not null,
  item_id uuid not null,
  quantity bigint not null check (quantity > 0),
  -- Its row of incoming_stock, once it is shipped: that says what arrived, and what will not.
  incoming_id uuid,
  -- Of what arrived.
  damaged bigint not null default 0 check (damaged >= 0),
  -- Of what will not arrive: it lies again where it came from. The rest is missing.
  returned bigint not null default 0 check (returned >= 0),
  primary key (workspace_id, transfer_id, item_id),
  foreign key (workspace_id, transfer_id) references stock_transfer (workspace_id, id),
  check (damaged + returned <= quantity)
);
