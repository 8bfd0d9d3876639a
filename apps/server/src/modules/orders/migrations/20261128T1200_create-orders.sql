-- Every order of every channel. Version 0: only parts of it were told so far, and nobody sees it.
create table shop_order (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  source text not null,
  source_order_id text not null,
  version integer not null default 0,
  number text not null default '',
  channel text not null default '',
  location_id uuid,
  profile_id uuid,
  node bigint,
  -- Sealed: the customer's identifiers, and where it goes and who pays.
  who bytea,
  addresses bytea,
  currency text not null default '',
  placed_at timestamptz,
  is_accepted boolean not null default false,
  is_test boolean not null default false,
  payment text not null default 'pending'
    check (payment in ('pending', 'authorized', 'partially_paid', 'paid', 'partially_refunded', 'refunded', 'voided')),
  fulfilment text not null default 'unfulfilled' check (fulfilment in ('unfulfilled', 'partial', 'fulfilled', 'delivered')),
  standing text not null default 'open' check (standing in ('open', 'closed', 'cancelled')),
  cancelled_at timestamptz,
  total_minor bigint not null default 0,
  subtotal_minor bigint not null default 0,
  discount_minor bigint not null default 0,
  shipping_minor bigint not null default 0,
  tax_minor bigint not null default 0,
  paid_minor bigint not null default 0,
  refunded_minor bigint not null default 0,
  coupon_codes text[] not null default '{}',
  points_redeemed bigint not null default 0,
  cart_token text,
  -- What its source has said: the newest word about the whole, every refund and fulfilment. The columns follow from it.
  facts jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, source, source_order_id),
  check (refunded_minor >= 0),
  check (refunded_minor <= paid_minor)
) with (fillfactor = 80);
create index shop_order_profile on shop_order (workspace_id, profile_id, placed_at) where profile_id is not null;
create index shop_order_node on shop_order (workspace_id, node) where node is not null;
create index shop_order_unowned on shop_order (workspace_id, id) where profile_id is null and who is not null;
create index shop_order_placed on shop_order (workspace_id, placed_at, id) where version > 0;
create index shop_order_cart on shop_order (workspace_id, cart_token) where cart_token is not null;

create table order_line (
  workspace_id integer not null references workspace (id),
  order_id uuid not null,
  line_id text not null,
  place integer not null,
  variant_id uuid,
  product_ref text,
  variant_ref text,
  sku text,
  name text not null,
  variant_title text,
  brand text,
  quantity bigint not null check (quantity >= 0),
  cancelled bigint not null,
  fulfilled bigint not null,
  returned bigint not null,
  unit_price_minor bigint not null,
  discount_minor bigint not null,
  primary key (workspace_id, order_id, line_id),
  foreign key (workspace_id, order_id) references shop_order (workspace_id, id) on delete cascade,
  check (0 <= returned and returned <= fulfilled and fulfilled <= quantity - cancelled and 0 <= cancelled)
);
create index order_line_variant on order_line (workspace_id, variant_id) where variant_id is not null;

-- Append-only: what became of an order, each happening once.
create table order_event (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  order_id uuid not null,
  key text not null,
  name text not null,
  detail jsonb not null,
  occurred_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, order_id, key),
  foreign key (workspace_id, order_id) references shop_order (workspace_id, id) on delete cascade
);
