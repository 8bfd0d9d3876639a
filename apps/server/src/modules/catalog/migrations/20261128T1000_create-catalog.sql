-- What connected shops call our things.
create table external_ref (
  workspace_id integer not null references workspace (id),
  source text not null,
  kind text not null,
  external_id text not null,
  internal_id uuid not null,
  primary key (workspace_id, source, kind, external_id)
);
create index external_ref_internal on external_ref (workspace_id, internal_id);

create table product (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  -- Whose word on title, texts and state counts; other sources only add what their variants cost and are called.
  source text not null,
  source_at timestamptz not null,
  source_hash text not null,
  title text not null,
  description text,
  vendor text,
  product_type text,
  status text not null check (status in ('active', 'draft', 'archived')),
  url text,
  tags text[] not null,
  attributes jsonb not null,
  options jsonb not null,
  media jsonb not null,
  rating_average double precision,
  rating_count integer check (rating_count >= 0),
  -- Where it can be bought; null: everywhere.
  regions text[],
  search tsvector not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
);
create index product_search on product using gin (search);
create index product_tags on product using gin (tags);

create table variant (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  product_id uuid not null,
  place integer not null,
  sku text,
  barcode text,
  title text,
  options jsonb not null,
  cost_minor bigint check (cost_minor >= 0),
  cost_currency text,
  requires_shipping boolean not null,
  backorder text not null check (backorder in ('deny', 'continue')),
  image_url text,
  url text,
  status text not null check (status in ('active', 'archived')),
  primary key (workspace_id, id),
  foreign key (workspace_id, product_id) references product (workspace_id, id)
);
create index variant_product on variant (workspace_id, product_id, place);
create index variant_sku on variant (workspace_id, sku) where sku is not null;
create index variant_barcode on variant (workspace_id, barcode) where barcode is not null;

-- Append-only: what a variant costs from an instant on. The channel '' is every channel without a price of its own.
create table price_history (
  workspace_id integer not null references workspace (id),
  variant_id uuid not null,
  currency text not null,
  channel text not null,
  from_at timestamptz not null,
  -- null: no price any more.
  amount_minor bigint check (amount_minor >= 0),
  compare_at_minor bigint check (compare_at_minor >= 0),
  primary key (workspace_id, variant_id, currency, channel, from_at)
);

-- Changes of prices nobody has looked at yet.
create table price_change (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  variant_id uuid not null,
  channel text not null,
  currency text not null,
  before_minor bigint,
  after_minor bigint,
  at timestamptz not null,
  primary key (workspace_id, id)
);

create table collection (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  name text not null,
  handle text not null,
  -- null: put together by hand.
  rule jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, handle)
);

create table collection_product (
  workspace_id integer not null references workspace (id),
  collection_id uuid not null,
  product_id uuid not null,
  -- By the rule, by hand, or because a source says so.
  cause text not null check (cause in ('rule', 'hand', 'source')),
  primary key (workspace_id, collection_id, product_id, cause),
  foreign key (workspace_id, collection_id) references collection (workspace_id, id) on delete cascade,
  foreign key (workspace_id, product_id) references product (workspace_id, id) on delete cascade
);
create index collection_product_product on collection_product (workspace_id, product_id);
