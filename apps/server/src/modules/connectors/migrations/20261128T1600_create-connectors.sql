-- A connected shop, till system or feed.
create table connector (
  workspace_id integer not null references workspace (id) on delete cascade,
  id uuid not null,
  kind text not null check (kind in ('shopify', 'woocommerce', 'pos', 'drop')),
  name text not null,
  -- The shop's domain or address; empty where there is none.
  account text not null,
  -- What its things are known by elsewhere (external_ref.source): the same again when a shop is connected anew.
  source text not null,
  state text not null check (state in ('active', 'paused', 'uninstalled')),
  settings jsonb not null,
  -- JSON, sealed under a key of this purpose alone.
  secrets bytea not null,
  -- What the shop last refused, until it does not.
  fault text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
);
-- Shops call with nothing but this id.
create unique index connector_id on connector (id);
create unique index connector_source on connector (workspace_id, source);

-- Every call of a shop, written down before it is acknowledged.
create table connector_inbox (
  workspace_id integer not null,
  connector_id uuid not null,
  id uuid not null,
  -- The order they came in.
  seq bigint generated always as identity,
  topic text not null,
  -- The same for the same delivery, however often it is sent.
  delivery_key text not null,
  -- The same for the same event in several deliveries.
  event_key text,
  body_sha256 bytea not null,
  triggered_at timestamptz,
  received_at timestamptz not null,
  -- The body, sealed; gone once it is processed.
  raw bytea,
  state text not null check (state in ('pending', 'done', 'ignored', 'faulted')),
  attempts integer not null default 0 check (attempts >= 0),
  fault text,
  processed_at timestamptz,
  primary key (workspace_id, connector_id, id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade,
  check (state not in ('pending', 'faulted') or raw is not null)
);
create unique index connector_inbox_delivery on connector_inbox (workspace_id, connector_id, delivery_key);
create unique index connector_inbox_event on connector_inbox (workspace_id, connector_id, event_key)
  where event_key is not null;
create index connector_inbox_pending on connector_inbox (workspace_id, connector_id, seq) where state = 'pending';
create index connector_inbox_faulted on connector_inbox (workspace_id, connector_id, id) where state = 'faulted';
create index connector_inbox_age on connector_inbox (received_at) where state <> 'pending';
alter table connector_inbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

-- An order that was taken into the book, as far as reports and later deliveries ask: when, how much, and whose.
create table connector_order (
  workspace_id integer not null,
  connector_id uuid not null,
  external_id text not null,
  version_at timestamptz not null,
  placed_at timestamptz not null,
  total_minor bigint not null,
  -- Accepted, and no test.
  is_counted boolean not null,
  -- Whom it names, JSON, sealed.
  who bytea not null,
  -- Blind hashes of what it names her by.
  who_hashes bytea[] not null,
  primary key (workspace_id, connector_id, external_id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_order_placed on connector_order (workspace_id, connector_id, placed_at);
create index connector_order_who on connector_order using gin (who_hashes);

-- A customer as her shop last told of her: what is told again, or late, says nothing new.
create table connector_customer (
  workspace_id integer not null,
  connector_id uuid not null,
  -- "customer", or "consent": her word alone, which has an instant of its own.
  kind text not null check (kind in ('customer', 'consent')),
  external_id text not null,
  version_at timestamptz not null,
  hash bytea not null,
  who bytea not null,
  who_hashes bytea[] not null,
  primary key (workspace_id, connector_id, kind, external_id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_customer_who on connector_customer using gin (who_hashes);

-- What a shop tells in pieces, or tells without keeping an order: products and their variants, and places. The newest word
-- of each; together they are the same whatever order they came in.
create table connector_piece (
  workspace_id integer not null,
  connector_id uuid not null,
  -- "product_gone": that it was deleted, beside what is known of it.
  kind text not null check (kind in ('product', 'product_gone', 'variant', 'location')),
  external_id text not null,
  -- Of a variant: its product.
  parent_id text,
  version_at timestamptz not null,
  hash text not null,
  record jsonb not null,
  -- Counts its words.
  revision integer not null default 1,
  primary key (workspace_id, connector_id, kind, external_id),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_piece_parent on connector_piece (workspace_id, connector_id, parent_id) where parent_id is not null;

-- A cart or a checkout of a shop: what lies in it, and what was told of it as events.
create table connector_basket (
  workspace_id integer not null,
  connector_id uuid not null,
  kind text not null check (kind in ('cart', 'checkout')),
  token text not null,
  version_at timestamptz not null,
  hash text not null,
  state jsonb not null,
  told jsonb not null,
  -- Whom it is known to be of, JSON, sealed.
  who bytea not null,
  who_hashes bytea[] not null,
  primary key (workspace_id, connector_id, kind, token),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_basket_who on connector_basket using gin (who_hashes);
create index connector_basket_age on connector_basket (version_at);

-- What came before the product or order it is about.
create table connector_waiting (
  workspace_id integer not null,
  connector_id uuid not null,
  -- "variant:17", "inventory_item:17", "sku:IPOD", "order:1001".
  awaits text not null,
  key text not null,
  version_at timestamptz not null,
  put_at timestamptz not null,
  -- JSON, sealed: an order names a customer.
  record bytea not null,
  primary key (workspace_id, connector_id, awaits, key),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_waiting_key on connector_waiting (workspace_id, connector_id, key);
create index connector_waiting_age on connector_waiting (put_at);

-- What a shop itself counts, as it last said.
create table connector_level (
  workspace_id integer not null,
  connector_id uuid not null,
  item_ref text not null,
  -- What that is an id of.
  item_kind text not null check (item_kind in ('variant', 'inventory_item', 'sku')),
  -- Empty: a shop without places.
  location_ref text not null,
  variant_id uuid not null,
  location_id uuid not null,
  quantity integer not null,
  -- No longer kept there.
  is_gone boolean not null,
  observed_at timestamptz not null,
  -- What it is being told, until it is known whether it took it.
  told integer,
  primary key (workspace_id, connector_id, item_ref, location_ref),
  foreign key (workspace_id, connector_id) references connector (workspace_id, id) on delete cascade
);
create index connector_level_variant on connector_level (workspace_id, variant_id);
