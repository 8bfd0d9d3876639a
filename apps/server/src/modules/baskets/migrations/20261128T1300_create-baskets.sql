-- A cart, a wish list or what was viewed recently. `profile_id` says whose it is; only of a linked one somebody trusted said so.
create table basket (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  kind text not null check (kind in ('cart', 'wishlist', 'viewed')),
  -- Whoever knows it may read and change the basket.
  token text not null check (length(token) between 16 and 200),
  profile_id uuid,
  -- The identity node it is filed under.
  node bigint,
  is_linked boolean not null default false,
  state text not null default 'active' check (state in ('active', 'merged', 'converted', 'abandoned')),
  merged_into uuid,
  name text check (length(name) <= 200),
  share_token text,
  currency text check (currency ~ '^[A-Z]{3}$'),
  channel text not null,
  -- Its stock is set apart, again with every change.
  is_held boolean not null default false,
  version bigint not null default 0 check (version >= 0),
  -- 'api', 'device', 'viewed', or the shop it lives at, which calls it `source_ref`.
  source text not null,
  source_ref text,
  -- Of the newest snapshot of the shop.
  source_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  check ((state = 'merged') = (merged_into is not null)),
  check (merged_into <> id)
);
create unique index basket_token on basket (workspace_id, token);
create unique index basket_share on basket (workspace_id, share_token) where share_token is not null;
create unique index basket_ref on basket (workspace_id, source_ref, source) where source_ref is not null;
-- A customer has one of a kind: a second one that is hers is merged into it.
create unique index basket_own on basket (workspace_id, profile_id, kind) where is_linked and state <> 'merged';
create index basket_profile on basket (workspace_id, profile_id, updated_at desc) where profile_id is not null;
create index basket_node on basket (workspace_id, node) where node is not null;
create index basket_waiting on basket (workspace_id, node) where node is not null and profile_id is null;
-- Guests' ones that nobody came back to.
create index basket_stale on basket (updated_at) where not is_linked and state <> 'merged';
create index basket_merged on basket (workspace_id, merged_into) where merged_into is not null;

-- What was said last of one line. Quantity 0 is a tombstone: it keeps its instant, so that an older word brings nothing back.
create table basket_line (
  workspace_id integer not null references workspace (id),
  basket_id uuid not null,
  line_key text not null check (length(line_key) between 1 and 400),
  variant_id uuid,
  product_ref text,
  variant_ref text,
  sku text,
  name text,
  quantity integer not null check (quantity >= 0),
  -- When it was added.
  price_minor bigint check (price_minor >= 0),
  currency text,
  note text,
  -- The version of the basket that this is of.
  seq bigint not null,
  said_at_ms bigint not null,
  said_by text not null,
  added_at timestamptz not null,
  deleted_at timestamptz,
  primary key (workspace_id, basket_id, line_key),
  foreign key (workspace_id, basket_id) references basket (workspace_id, id) on delete cascade,
  check ((quantity = 0) = (deleted_at is not null)),
  check ((price_minor is null) = (currency is null))
);
create index basket_line_variant on basket_line (workspace_id, variant_id) where quantity > 0;

-- What an order took out of a cart: once, also where the order is told before its cart.
create table basket_conversion (
  workspace_id integer not null references workspace (id),
  -- `order:<id>`, or `basket:<id>:<reference>`.
  reference text not null,
  basket_id uuid,
  source text,
  -- Kept until the cart is found.
  cart_token text,
  lines jsonb not null,
  placed_at timestamptz not null,
  -- Since when what its customer had in her carts is gone.
  taken_at timestamptz,
  primary key (workspace_id, reference)
);
create index basket_conversion_waiting on basket_conversion (workspace_id, source, cart_token)
  where basket_id is null and cart_token is not null;
