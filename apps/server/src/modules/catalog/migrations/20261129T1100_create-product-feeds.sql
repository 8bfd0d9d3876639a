-- Files of products that are fetched again and again.
create table product_feed (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  -- Its products are known by it, as those of a posted file of this name.
  name text not null,
  url text not null,
  -- Sealed; null: the server asks for none.
  credentials bytea,
  -- Of amounts that name none.
  currency text,
  interval_minutes integer not null check (interval_minutes between 15 and 10080),
  archives_missing boolean not null,
  is_enabled boolean not null,
  due_at timestamptz not null,
  -- Somebody wants it fetched now; `shrink`: though it has become much shorter.
  wish text check (wish in ('run', 'shrink')),
  lease_owner text,
  lease_until timestamptz,
  -- In a row.
  failures integer not null default 0 check (failures >= 0),
  -- What the last whole fetch is known by; null: the next one is taken whatever it is.
  etag text,
  last_modified text,
  body_sha256 bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
create index product_feed_due on product_feed (due_at) where is_enabled;

create table product_feed_run (
  workspace_id integer not null references workspace (id),
  feed_id uuid not null,
  id uuid not null,
  state text not null check (state in ('fetching', 'applying', 'done', 'unchanged', 'failed')),
  -- What was asked for when it began.
  wish text check (wish in ('run', 'shrink')),
  begun_at timestamptz not null,
  ended_at timestamptz,
  http_status integer,
  bytes bigint not null default 0,
  rows integer not null default 0,
  refused integer not null default 0,
  products integer not null default 0,
  created integer not null default 0,
  changed integer not null default 0,
  archived integer not null default 0,
  -- Why products it does not name any more stay.
  kept text,
  fault text,
  errors jsonb not null default '[]',
  etag text,
  last_modified text,
  body_sha256 bytea,
  -- How far it is applied: the last product.
  place text,
  primary key (workspace_id, feed_id, id),
  foreign key (workspace_id, feed_id) references product_feed (workspace_id, id) on delete cascade
);
-- One at a time.
create unique index product_feed_run_open on product_feed_run (workspace_id, feed_id)
  where state in ('fetching', 'applying');

-- What was fetched and is not applied yet. Kept as a whole first: only then is it known which rows make up one product, what is
-- missing, and that nothing broke off.
create table product_feed_row (
  workspace_id integer not null references workspace (id),
  feed_id uuid not null,
  -- From 1.
  place integer not null,
  product_ref text collate "C" not null,
  -- Null: was refused; its product stays as it is.
  variant_ref text collate "C",
  cells jsonb,
  primary key (workspace_id, feed_id, place),
  foreign key (workspace_id, feed_id) references product_feed (workspace_id, id) on delete cascade,
  check ((variant_ref is null) = (cells is null))
);
create unique index product_feed_row_variant on product_feed_row (workspace_id, feed_id, variant_ref)
  where variant_ref is not null;
create index product_feed_row_product on product_feed_row (workspace_id, feed_id, product_ref, place);
