-- How alerts are told; a workspace without a row has the defaults of the code.
create table alert_settings (
  workspace_id integer not null references workspace (id),
  -- Hundredths, so that sums of it are exact.
  wave_factor_hundredths integer not null check (wave_factor_hundredths between 10 and 10000),
  wave_delay_minutes integer not null check (wave_delay_minutes >= 0),
  settle_minutes integer not null check (settle_minutes >= 0),
  low_stock integer not null check (low_stock >= 0),
  attribution_days integer not null check (attribution_days > 0),
  updated_at timestamptz not null,
  primary key (workspace_id)
);

-- What a customer wants to hear of.
create table stock_alert (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  profile_id uuid not null,
  -- The identity node it is filed under.
  node bigint not null,
  variant_id uuid not null,
  -- Null: anywhere.
  location_id uuid,
  type text not null check (type in ('restock', 'price_drop', 'low_stock', 'preorder')),
  channel text not null,
  -- Of a restock pieces, of a price drop minor units or hundredths of a percent.
  threshold_kind text check (threshold_kind in ('pieces', 'amount', 'percent')),
  threshold bigint check (threshold > 0),
  -- The price she saw, or was told of last.
  baseline_minor bigint check (baseline_minor >= 0),
  currency text,
  -- The date of a pre-order that she knows.
  due_at timestamptz,
  -- Active ones whose edge has come are called queued where they are shown: `alert_run` knows, so that stock that comes and goes
  -- rewrites nobody's row.
  state text not null default 'active' check (state in ('active', 'sent', 'converted', 'cancelled', 'expired')),
  -- That it was told of last.
  edge bigint,
  tellings integer not null default 0,
  told_at timestamptz,
  -- Of a merge: the older alert of the same kind that speaks for it, until the merge is undone.
  joined_into uuid,
  -- When to look once whether its edge came while it was being made.
  look_at timestamptz,
  source text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  expires_at timestamptz not null,
  primary key (workspace_id, id),
  check ((threshold_kind is null) = (threshold is null)),
  check ((baseline_minor is null) = (currency is null)),
  check (type <> 'price_drop' or baseline_minor is not null),
  check (location_id is null or type = 'restock'),
  check (joined_into is null or state = 'cancelled')
);
create unique index stock_alert_one on stock_alert (workspace_id, profile_id, variant_id, type,
  coalesce(location_id, '00000000-0000-0000-0000-000000000000')) where state = 'active';
create index stock_alert_waiting on stock_alert (workspace_id, variant_id, type, created_at, id) where state = 'active';
create index stock_alert_profile on stock_alert (workspace_id, profile_id, variant_id);
create index stock_alert_node on stock_alert (workspace_id, node);
create index stock_alert_joined on stock_alert (workspace_id, joined_into) where joined_into is not null;
create index stock_alert_look on stock_alert (look_at) where look_at is not null;
create index stock_alert_expiry on stock_alert (expires_at) where state = 'active';
create index stock_alert_ended on stock_alert (ended_at) where ended_at is not null;

-- That somebody was told of something: once for one edge. What bought for it is counted here.
create table alert_telling (
  workspace_id integer not null references workspace (id),
  -- Made of the customer, the variant and the edge: the same telling is the same row.
  id uuid not null,
  -- Null: she asked for nothing, it lay in her cart.
  alert_id uuid,
  profile_id uuid not null,
  node bigint not null,
  variant_id uuid not null,
  location_id uuid,
  type text not null check (type in ('restock', 'price_drop', 'low_stock', 'preorder')),
  channel text not null,
  edge bigint not null,
  -- What she was told: a price, a date.
  price_minor bigint,
  currency text,
  due_at timestamptz,
  told_at timestamptz not null,
  order_id uuid,
  converted_at timestamptz,
  primary key (workspace_id, id),
  check ((order_id is null) = (converted_at is null)),
  check ((price_minor is null) = (currency is null))
);
create index alert_telling_profile on alert_telling (workspace_id, profile_id, variant_id, type, told_at desc);
create index alert_telling_node on alert_telling (workspace_id, node);
create index alert_telling_order on alert_telling (workspace_id, order_id) where order_id is not null;
create index alert_telling_told on alert_telling (workspace_id, told_at);
create index alert_telling_age on alert_telling (told_at);

-- An edge whose customers are being told, a wave or a page at a time; gone once all are, or once it is not so any more.
create table alert_run (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  type text not null check (type in ('restock', 'price_drop', 'low_stock', 'preorder')),
  variant_id uuid not null,
  location_id uuid,
  channel text not null,
  -- The place of the stock news; of a price drop the number of the run.
  edge bigint not null,
  opened_at timestamptz not null,
  next_at timestamptz not null,
  -- Of a restock.
  wave integer not null default 0,
  -- Of the wave under way.
  wave_left integer not null default 0 check (wave_left >= 0),
  -- Of a page: behind whom it goes on; first come who asked for it, then who has it in a cart or on order.
  phase text not null default 'asked' check (phase in ('asked', 'holding')),
  after_id uuid,
  primary key (workspace_id, id)
);
create unique index alert_run_one on alert_run (workspace_id, type, variant_id, channel,
  coalesce(location_id, '00000000-0000-0000-0000-000000000000'));
create index alert_run_next on alert_run (next_at);

-- How far the stock news of a workspace are read.
create table alert_reader (
  workspace_id integer not null references workspace (id),
  seq bigint not null default 0,
  primary key (workspace_id)
);

-- Variants there is little of, until there is plenty again.
create table alert_low (
  workspace_id integer not null references workspace (id),
  variant_id uuid not null,
  since_at timestamptz not null,
  primary key (workspace_id, variant_id)
);
