create table coupon_campaign (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  name text not null,
  state text not null check (state in ('active', 'paused', 'archived')),
  -- Of the terms in force.
  version integer not null,
  total_limit bigint check (total_limit > 0),
  profile_limit integer check (profile_limit > 0),
  budget_limit bigint check (budget_limit >= 0),
  budget_currency text,
  -- Counted while there is a limit on all redemptions or a budget, and from the truth when there comes to be one: a campaign
  -- without is no row that everybody waits for.
  held bigint not null default 0 check (held >= 0),
  redeemed bigint not null default 0 check (redeemed >= 0),
  budget_held bigint not null default 0 check (budget_held >= 0),
  budget_used bigint not null default 0 check (budget_used >= 0),
  -- Of a coupon that a connected shop keeps: what it is called there, and how new this is. The shop counts its limits itself.
  source text,
  source_ref text,
  source_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  check (held + redeemed <= total_limit),
  check (budget_held + budget_used <= budget_limit),
  check ((budget_limit is null) = (budget_currency is null))
);

create unique index coupon_campaign_source on coupon_campaign (workspace_id, source, source_ref) where source is not null;

-- Terms never change: new ones are a new version.
create table coupon_campaign_version (
  workspace_id integer not null references workspace (id),
  campaign_id uuid not null,
  version integer not null,
  terms jsonb not null,
  created_at timestamptz not null,
  primary key (workspace_id, campaign_id, version)
);

create table coupon_pool (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  campaign_id uuid not null,
  source text not null check (source in ('generated', 'imported', 'shared')),
  pattern text,
  per_code bigint check (per_code > 0),
  codes integer not null default 0,
  -- How many there are to be; more than there are: some are still to be drawn.
  wanted integer not null check (wanted >= codes),
  low_watermark integer,
  -- That it ran low was told already.
  is_low boolean not null default false,
  expires_at timestamptz,
  created_at timestamptz not null,
  primary key (workspace_id, id)
);
create index coupon_pool_campaign on coupon_pool (workspace_id, campaign_id, id);
create index coupon_pool_wanting on coupon_pool (workspace_id, id) where wanted > codes and source = 'generated';
create index coupon_pool_watched on coupon_pool (workspace_id, id) where low_watermark is not null and not is_low;

create table coupon_code (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  pool_id uuid not null,
  campaign_id uuid not null,
  -- As it is shown, and as it is compared.
  code text not null,
  normalised text not null,
  standing text not null check (standing in ('free', 'assigned', 'void')),
  is_shared boolean not null,
  -- null: as often as one likes, and then it is not counted here.
  per_code bigint check (per_code > 0),
  held bigint not null default 0 check (held >= 0),
  redeemed bigint not null default 0 check (redeemed >= 0),
  expires_at timestamptz,
  primary key (workspace_id, id),
  check (held + redeemed <= per_code)
);
create unique index coupon_code_normalised on coupon_code (workspace_id, normalised);
create index coupon_code_campaign on coupon_code (workspace_id, campaign_id, id);
create index coupon_code_free on coupon_code (workspace_id, campaign_id, id)
  where standing = 'free' and held = 0 and redeemed = 0 and not is_shared;
create index coupon_code_shared on coupon_code (workspace_id, campaign_id, id) where is_shared;

-- Whose a code is, and what for. Under the node it is filed.
create table coupon_assignment (
  workspace_id integer not null references workspace (id),
  campaign_id uuid not null,
  intent text not null,
  node bigint not null,
  profile_id uuid not null,
  code_id uuid not null,
  assigned_at timestamptz not null,
  primary key (workspace_id, campaign_id, intent, node)
);
create index coupon_assignment_profile on coupon_assignment (workspace_id, profile_id, campaign_id);
create index coupon_assignment_code on coupon_assignment (workspace_id, code_id);
create index coupon_assignment_node on coupon_assignment (workspace_id, node);

-- What an owner (a cart, an order) holds: one hold each. The row stays for a while when it is over, so that a repeat is known.
create table coupon_hold (
  workspace_id integer not null references workspace (id),
  owner_ref text not null,
  state text not null check (state in ('held', 'released', 'expired', 'committed')),
  -- Of what was asked, so that a repeat is told from a change.
  fingerprint bytea not null,
  answer jsonb not null,
  currency text not null,
  channel text not null,
  store text,
  profile_id uuid,
  node bigint,
  order_source text,
  order_ref text,
  -- null: it ends with its order.
  expires_at timestamptz,
  changed_at timestamptz not null,
  primary key (workspace_id, owner_ref),
  check ((state = 'committed') = (order_ref is not null))
);
create index coupon_hold_due on coupon_hold (expires_at) where state = 'held' and expires_at is not null;
create index coupon_hold_over on coupon_hold (changed_at) where state <> 'held';
create index coupon_hold_profile on coupon_hold (workspace_id, profile_id) where profile_id is not null;
create index coupon_hold_node on coupon_hold (workspace_id, node) where node is not null;

create table coupon_hold_code (
  workspace_id integer not null references workspace (id),
  owner_ref text not null,
  code_id uuid not null,
  campaign_id uuid not null,
  version integer not null,
  amount_minor bigint not null check (amount_minor >= 0),
  primary key (workspace_id, owner_ref, code_id),
  foreign key (workspace_id, owner_ref) references coupon_hold (workspace_id, owner_ref) on delete cascade
);
create index coupon_hold_code_campaign on coupon_hold_code (workspace_id, campaign_id);

create table coupon_redemption (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  code_id uuid not null,
  campaign_id uuid not null,
  version integer not null,
  order_source text not null,
  order_ref text not null,
  channel text not null,
  store text,
  profile_id uuid,
  node bigint,
  amount_minor bigint not null check (amount_minor >= 0),
  currency text not null,
  -- An exception counts for no limit.
  state text not null check (state in ('redeemed', 'voided', 'exception')),
  redeemed_at timestamptz not null,
  voided_at timestamptz,
  primary key (workspace_id, id),
  check ((state = 'voided') = (voided_at is not null))
);
create unique index coupon_redemption_order on coupon_redemption (workspace_id, order_source, order_ref, code_id);
create index coupon_redemption_campaign on coupon_redemption (workspace_id, campaign_id, id);
create index coupon_redemption_profile on coupon_redemption (workspace_id, profile_id, id) where profile_id is not null;
create index coupon_redemption_node on coupon_redemption (workspace_id, node) where node is not null;

-- Uses of a campaign by one customer, held ones too, where there is a limit on them. What two customers had used who turned
-- out to be one is beyond the limit then: it is counted apart.
create table coupon_profile_use (
  workspace_id integer not null references workspace (id),
  campaign_id uuid not null,
  profile_id uuid not null,
  used integer not null check (used >= 0),
  over integer not null default 0 check (over >= 0),
  allowed integer not null,
  primary key (workspace_id, campaign_id, profile_id),
  check (used <= allowed)
);
create index coupon_profile_use_profile on coupon_profile_use (workspace_id, profile_id);

-- What redemptions came to, by currency; in shards, so that nobody waits.
create table coupon_tally (
  workspace_id integer not null references workspace (id),
  campaign_id uuid not null,
  currency text not null,
  shard smallint not null,
  redeemed bigint not null,
  amount_minor bigint not null,
  primary key (workspace_id, campaign_id, currency, shard)
);

create table coupon_exception (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  kind text not null,
  campaign_id uuid,
  code_id uuid,
  redemption_id uuid,
  profile_id uuid,
  node bigint,
  amount_minor bigint,
  currency text,
  detail jsonb not null,
  -- What came in twice is one exception.
  dedupe_key text,
  state text not null default 'open' check (state in ('open', 'resolved')),
  note text,
  at timestamptz not null,
  resolved_at timestamptz,
  primary key (workspace_id, id)
);
create index coupon_exception_state on coupon_exception (workspace_id, state, id);
create unique index coupon_exception_once on coupon_exception (workspace_id, dedupe_key) where dedupe_key is not null;
create index coupon_exception_profile on coupon_exception (workspace_id, profile_id) where profile_id is not null;
create index coupon_exception_node on coupon_exception (workspace_id, node) where node is not null;

-- What a till redeemed without a connection: each sequence of a device once.
create table coupon_offline_entry (
  workspace_id integer not null references workspace (id),
  device_id text not null,
  sequence bigint not null,
  fingerprint bytea not null,
  outcome text not null check (outcome in ('redeemed', 'exception')),
  exception text,
  redemption_id uuid,
  at timestamptz not null,
  primary key (workspace_id, device_id, sequence)
);

-- Unknown codes somebody tried, by the keyed hash of who, in windows of time.
create table coupon_guess (
  workspace_id integer not null references workspace (id),
  who bytea not null,
  window_at timestamptz not null,
  guesses integer not null,
  primary key (workspace_id, who, window_at)
);
create index coupon_guess_window on coupon_guess (window_at);

create table coupon_signing_key (
  workspace_id integer not null references workspace (id),
  public_key bytea not null,
  -- PKCS #8, sealed with the workspace's wrapping key.
  sealed_key bytea not null,
  created_at timestamptz not null,
  primary key (workspace_id)
);
