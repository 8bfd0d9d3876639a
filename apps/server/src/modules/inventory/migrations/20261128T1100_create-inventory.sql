create table location (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  name text not null,
  kind text not null check (kind in ('store', 'warehouse', '3pl', 'marketplace')),
  code text,
  state text not null check (state in ('active', 'inactive')),
  -- What it can do: ship, pickup, curbside, local_delivery, returns.
  capabilities text[] not null,
  -- Channels that may sell from it; empty: every one.
  channels text[] not null,
  -- The smaller, the sooner it is taken from.
  priority integer not null,
  time_zone text,
  hours jsonb,
  country text,
  postcode text,
  latitude double precision,
  longitude double precision,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
);
create unique index location_code on location (workspace_id, code) where code is not null;

-- A variant made of several items. Who has no row here is counted as itself.
create table variant_component (
  workspace_id integer not null references workspace (id),
  variant_id uuid not null,
  item_id uuid not null,
  quantity integer not null check (quantity > 0),
  primary key (workspace_id, variant_id, item_id)
);
create index variant_component_item on variant_component (workspace_id, item_id);

create table stock_level (
  workspace_id integer not null references workspace (id),
  item_id uuid not null,
  location_id uuid not null,
  on_hand bigint not null default 0,
  unavailable bigint not null default 0,
  reserved bigint not null default 0,
  incoming bigint not null default 0,
  -- Promised out of what is coming.
  preordered bigint not null default 0,
  backorder_limit bigint not null default 0,
  -- null: as much as is coming.
  preorder_limit bigint,
  -- What was reserved and then turned out not to be there. Only outside truth raises it, selling never does.
  shortfall bigint not null default 0,
  preorder_shortfall bigint not null default 0,
  version bigint not null default 0,
  updated_at timestamptz not null,
  primary key (workspace_id, item_id, location_id),
  check (on_hand >= 0),
  check (unavailable >= 0),
  check (reserved >= 0),
  check (incoming >= 0),
  check (preordered >= 0),
  check (backorder_limit >= 0),
  check (shortfall >= 0),
  check (preorder_shortfall >= 0),
  check (reserved <= greatest(0, on_hand - unavailable + backorder_limit) + shortfall),
  check (preordered <= coalesce(preorder_limit, incoming) + preorder_shortfall)
) with (fillfactor = 50);
create index stock_level_location on stock_level (workspace_id, location_id, item_id);

-- Append-only: the sum of its deltas is the level, field by field.
create table stock_movement (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  item_id uuid not null,
  location_id uuid not null,
  field text not null check (field in ('on_hand', 'unavailable', 'reserved', 'incoming', 'preordered')),
  delta bigint not null check (delta <> 0),
  reason text not null,
  ref_type text,
  ref_id text,
  idempotency_key text,
  at timestamptz not null,
  primary key (workspace_id, id)
);
create index stock_movement_item on stock_movement (workspace_id, item_id, id);
create unique index stock_movement_key on stock_movement (workspace_id, idempotency_key) where idempotency_key is not null;
create function refuse_change_of_movements() returns trigger language plpgsql as $$
begin
  raise exception 'movements of stock are never changed; write another one';
end $$;
create trigger stock_movement_append_only before update or delete on stock_movement
  for each row execute function refuse_change_of_movements();

-- Who holds stock. Its row comes first: it tells a repeat.
create table reservation_owner (
  workspace_id integer not null references workspace (id),
  owner_ref text not null,
  kind text not null check (kind in ('cart_hold', 'order', 'preorder', 'pickup', 'transfer')),
  channel text not null,
  -- Of what was asked for: another wish under the same name is no repeat.
  wish_hash bytea not null,
  state text not null check (state in ('active', 'ended')),
  expires_at timestamptz,
  created_at timestamptz not null,
  primary key (workspace_id, owner_ref)
);
create index reservation_owner_expiry on reservation_owner (expires_at) where state = 'active' and expires_at is not null;

create table reservation (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  owner_ref text not null,
  item_id uuid not null,
  location_id uuid not null,
  quantity bigint not null check (quantity > 0),
  -- Still set apart: of what is there, and of what is coming.
  reserved bigint not null check (reserved >= 0),
  waiting bigint not null check (waiting >= 0),
  -- How the rest ended.
  consumed bigint not null default 0 check (consumed >= 0),
  released bigint not null default 0 check (released >= 0),
  expired bigint not null default 0 check (expired >= 0),
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, owner_ref, item_id, location_id),
  check (quantity = reserved + waiting + consumed + released + expired)
) with (fillfactor = 80);
create index reservation_active on reservation (workspace_id, item_id, location_id) where reserved > 0 or waiting > 0;

-- What is on its way to a location.
create table incoming_stock (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  item_id uuid not null,
  location_id uuid not null,
  quantity bigint not null check (quantity > 0),
  received bigint not null default 0 check (received >= 0),
  -- Will not come.
  cancelled bigint not null default 0 check (cancelled >= 0),
  due_at timestamptz,
  reference text,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  check (received + cancelled <= quantity)
);
create index incoming_stock_open on incoming_stock (workspace_id, item_id, due_at) where received + cancelled < quantity;
create unique index incoming_stock_reference on incoming_stock (workspace_id, reference, item_id, location_id)
  where reference is not null;

-- What a channel may not sell of an item, or at most. The nil item: of every item without a row of its own.
create table channel_buffer (
  workspace_id integer not null references workspace (id),
  channel text not null,
  item_id uuid not null,
  buffer bigint not null check (buffer >= 0),
  cap bigint check (cap >= 0),
  primary key (workspace_id, channel, item_id)
);

-- The last word of an outside source about a level, and what it was told and has not said back yet.
create table stock_observation (
  workspace_id integer not null references workspace (id),
  source text not null,
  item_id uuid not null,
  location_id uuid not null,
  quantity bigint not null,
  observed_at timestamptz not null,
  told_quantity bigint,
  told_key text,
  deferred_quantity bigint,
  deferred_at timestamptz,
  primary key (workspace_id, source, item_id, location_id)
);

-- Levels that changed and are not told yet; one loop turns them into news in the order of their commits.
create table stock_change (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  item_id uuid not null,
  location_id uuid not null,
  -- What is coming was put off or brought forward.
  is_due boolean not null default false,
  at timestamptz not null,
  primary key (workspace_id, id)
);

create table stock_news (
  workspace_id integer not null references workspace (id),
  seq bigint not null,
  kind text not null check (kind in ('level', 'due')),
  item_id uuid not null,
  location_id uuid not null,
  -- Available at the location, and at all active locations together.
  before bigint not null,
  after bigint not null,
  total_before bigint not null,
  total_after bigint not null,
  at timestamptz not null,
  primary key (workspace_id, seq)
);
create index stock_news_age on stock_news (at);

-- What was told last of each level.
create table stock_told (
  workspace_id integer not null references workspace (id),
  item_id uuid not null,
  location_id uuid not null,
  available bigint not null,
  primary key (workspace_id, item_id, location_id)
) with (fillfactor = 50);

create table stock_news_state (
  workspace_id integer not null references workspace (id),
  seq bigint not null,
  primary key (workspace_id)
);
