-- Points: programs with the terms they had, what events earn, and the ledger of every customer.
create table points_program (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  key text not null,
  name text not null,
  unit text not null,
  state text not null check (state in ('active', 'archived')),
  version integer not null,
  starts_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, key)
);

-- Never changed: an order is judged by the terms of the instant it was placed.
create table points_program_version (
  workspace_id integer not null references workspace (id),
  program_id uuid not null,
  version integer not null,
  terms jsonb not null,
  holds_from timestamptz not null,
  primary key (workspace_id, program_id, version),
  foreign key (workspace_id, program_id) references points_program (workspace_id, id)
);

create table points_rule (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  program_id uuid not null,
  state text not null check (state in ('active', 'paused', 'archived')),
  rule jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, program_id) references points_program (workspace_id, id)
);
create index points_rule_program on points_rule (workspace_id, program_id, id);

-- One a program and identity node. What a customer has is the sum over the accounts of her profile: so nothing of the ledger
-- is touched when profiles merge or part, only whose an account is.
create table loyalty_account (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  program_id uuid not null,
  -- Null: she was erased; the books stay.
  profile_id uuid,
  node bigint,
  -- The sums of its entries, and of its lots.
  balance bigint not null default 0 check (balance >= 0),
  pending bigint not null default 0 check (pending >= 0),
  debt bigint not null default 0 check (debt >= 0),
  lifetime_earned bigint not null default 0,
  lifetime_burned bigint not null default 0,
  active_at timestamptz,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, program_id, node),
  foreign key (workspace_id, program_id) references points_program (workspace_id, id)
) with (fillfactor = 80);
create index loyalty_account_profile on loyalty_account (workspace_id, profile_id) where profile_id is not null;
create index loyalty_account_node on loyalty_account (workspace_id, node) where node is not null;

-- Points that were earned together: one expiry. What was earned is left, spent or expired.
create table loyalty_lot (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  account_id uuid not null,
  program_id uuid not null,
  -- What earned them: `order:…`, `event:…`, `api:…`; together one lot.
  source_ref text not null,
  earned bigint not null check (earned >= 0),
  remaining bigint not null check (remaining >= 0),
  expired bigint not null default 0 check (expired >= 0),
  available_at timestamptz not null,
  expires_at timestamptz,
  -- When it is told that they will expire; null: it was, or will not be.
  notice_at timestamptz,
  state text not null check (state in ('pending', 'active', 'depleted', 'expired', 'void')),
  version integer not null,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, program_id, source_ref),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id),
  check (remaining + expired <= earned),
  check ((state in ('pending', 'active')) = (remaining > 0))
) with (fillfactor = 80);
create index loyalty_lot_live on loyalty_lot (workspace_id, account_id) where state in ('pending', 'active');
create index loyalty_lot_due on loyalty_lot (available_at) where state = 'pending';
create index loyalty_lot_expiring on loyalty_lot (expires_at) where state = 'active' and expires_at is not null;
create index loyalty_lot_notice on loyalty_lot (notice_at) where state = 'active' and notice_at is not null;

-- Append-only: what became of points. Names nobody, so that not even an erasure changes it.
create table loyalty_entry (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  account_id uuid not null,
  kind text not null check (kind in ('earn_pending', 'earn', 'activate', 'burn', 'expire', 'reverse', 'refund_burn', 'adjust',
    'transfer', 'settle')),
  delta_balance bigint not null,
  delta_pending bigint not null,
  delta_debt bigint not null,
  -- Whose remaining points it changed by as much; null: those its allocations name.
  lot_id uuid,
  ref text not null,
  idempotency_key text not null,
  -- Of the customer in this program, all her accounts together, less what she owes.
  balance_after bigint not null,
  at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, idempotency_key),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id)
);
create index loyalty_entry_account on loyalty_entry (workspace_id, account_id, id);

create function loyalty_entry_stays() returns trigger language plpgsql as $$
begin
  raise exception 'loyalty_entry is append-only';
end $$;
create trigger loyalty_entry_stays before update or delete on loyalty_entry
  for each statement execute function loyalty_entry_stays();

-- From which lots an entry took (below 0), or into which it put back.
create table burn_allocation (
  workspace_id integer not null references workspace (id),
  entry_id bigint not null,
  lot_id uuid not null,
  quantity bigint not null check (quantity <> 0),
  -- What was spent, where it may come back.
  burn_id uuid,
  primary key (workspace_id, entry_id, lot_id),
  foreign key (workspace_id, entry_id) references loyalty_entry (workspace_id, id),
  foreign key (workspace_id, lot_id) references loyalty_lot (workspace_id, id)
);
create index burn_allocation_burn on burn_allocation (workspace_id, burn_id) where burn_id is not null;
create trigger burn_allocation_stays before update or delete on burn_allocation
  for each statement execute function loyalty_entry_stays();

-- Points spent at once, and how many of them came back.
create table loyalty_burn (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  program_id uuid not null,
  account_id uuid not null,
  reference text not null,
  order_source text,
  order_ref text,
  points bigint not null check (points > 0),
  restored bigint not null default 0,
  -- Of these, points that came back by the order's own changes: what callers gave back beside counts on its own.
  restored_by_order bigint not null default 0,
  changes integer not null default 0,
  amount_minor bigint,
  currency text,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, program_id, reference),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id),
  check (0 <= restored_by_order and restored_by_order <= restored and restored <= points)
);
create index loyalty_burn_order on loyalty_burn (workspace_id, order_source, order_ref) where order_ref is not null;

-- What was asked, once a reference: a repeat is answered the same.
create table loyalty_operation (
  workspace_id integer not null references workspace (id),
  program_id uuid not null,
  kind text not null check (kind in ('earn', 'burn', 'refund', 'adjust', 'transfer')),
  reference text not null,
  account_id uuid,
  -- What must be the same in a repeat.
  asked jsonb not null,
  answer jsonb not null,
  note text,
  created_at timestamptz not null,
  primary key (workspace_id, program_id, kind, reference)
);
create index loyalty_operation_account on loyalty_operation (workspace_id, account_id) where note is not null;

-- What an order has earned so far: moved to what its state is worth.
create table loyalty_order (
  workspace_id integer not null references workspace (id),
  order_id uuid not null,
  program_id uuid not null,
  account_id uuid not null,
  -- Of the terms it is judged by.
  version integer not null,
  -- Of its lines, as they were when they were first seen; ten-thousandths.
  multipliers jsonb not null,
  earned bigint not null check (earned >= 0),
  delivered_at timestamptz,
  primary key (workspace_id, order_id, program_id),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id)
);

-- What events earned by a rule, by the day of the workspace's clock.
create table points_rule_use (
  workspace_id integer not null references workspace (id),
  rule_id uuid not null,
  account_id uuid not null,
  day date not null,
  points bigint not null,
  times integer not null,
  primary key (workspace_id, rule_id, account_id, day),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id)
);

-- What an event about an order earned by a rule: it goes back when the order comes to nothing.
create table points_rule_order (
  workspace_id integer not null references workspace (id),
  order_id uuid not null,
  lot_id uuid not null,
  account_id uuid not null,
  points bigint not null check (points > 0),
  is_back boolean not null,
  changes integer not null default 0,
  primary key (workspace_id, order_id, lot_id),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id),
  foreign key (workspace_id, lot_id) references loyalty_lot (workspace_id, id)
);

-- What is to be told of accounts. A loop tells it of whoever's they are by then.
create table points_news (
  workspace_id integer not null references workspace (id),
  seq bigint generated always as identity,
  event_id text not null,
  account_id uuid not null,
  name text not null,
  properties jsonb not null,
  occurred_at timestamptz not null,
  primary key (workspace_id, seq)
);
