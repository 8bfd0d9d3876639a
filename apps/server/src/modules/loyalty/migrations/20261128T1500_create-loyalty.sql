-- How points are earned, last and are spent.
create table points_program (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  name text not null,
  -- Of a point in words: "point", "star".
  unit text not null,
  state text not null check (state in ('active', 'paused')),
  -- As the contract has them: worth, earning of orders, waiting time, expiry, what happens to points that were spent and are taken back.
  settings jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
);
create unique index points_program_name on points_program (workspace_id, lower(name));

create table points_rule (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  program_id uuid not null,
  name text not null,
  event text not null,
  state text not null check (state in ('active', 'paused')),
  rule jsonb not null,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, program_id) references points_program (workspace_id, id)
);
create index points_rule_event on points_rule (workspace_id, event) where state = 'active';

-- Points in one program, earned under one identifier. A customer's purse is all accounts of her profile. balance is what lies in
-- active lots; debt is what was taken back after it was spent.
create table loyalty_account (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  program_id uuid not null,
  profile_id uuid not null,
  node bigint not null,
  balance bigint not null default 0 check (balance >= 0),
  pending bigint not null default 0 check (pending >= 0),
  debt bigint not null default 0 check (debt >= 0),
  earned bigint not null default 0,
  spent bigint not null default 0,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, program_id, node),
  foreign key (workspace_id, program_id) references points_program (workspace_id, id)
) with (fillfactor = 70);
create index loyalty_account_profile on loyalty_account (workspace_id, profile_id, program_id);
create index loyalty_account_node on loyalty_account (workspace_id, node);

-- Points earned together: one source, one start, one end.
create table loyalty_lot (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  account_id uuid not null,
  source_ref text not null,
  earned bigint not null check (earned > 0),
  remaining bigint not null,
  state text not null check (state in ('pending', 'active', 'depleted', 'expired', 'void')),
  available_at timestamptz not null,
  expires_at timestamptz,
  told_expiry boolean not null default false,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id) on delete cascade,
  check (0 <= remaining and remaining <= earned)
) with (fillfactor = 70);
create index loyalty_lot_account on loyalty_lot (workspace_id, account_id, expires_at, id) where state in ('pending', 'active');
create index loyalty_lot_source on loyalty_lot (workspace_id, account_id, source_ref);
create index loyalty_lot_start on loyalty_lot (available_at) where state = 'pending';
create index loyalty_lot_end on loyalty_lot (expires_at) where state = 'active' and expires_at is not null;

-- Append-only: every change of every account, once.
create table loyalty_entry (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  account_id uuid not null,
  kind text not null check (kind in ('earn_pending', 'earn', 'activate', 'burn', 'expire', 'reverse', 'refund_burn', 'repay',
    'adjust', 'transfer')),
  delta_balance bigint not null,
  delta_pending bigint not null,
  delta_debt bigint not null,
  lot_id uuid,
  ref text not null,
  -- The same for the same entry: it is made once.
  key text not null,
  reason text,
  at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, account_id, key),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id) on delete cascade
);
create index loyalty_entry_account on loyalty_entry (workspace_id, account_id, id);
create function refuse_change_of_entries() returns trigger language plpgsql as $$
begin
  raise exception 'entries of points are never changed; write another one';
end $$;
create trigger loyalty_entry_append_only before update on loyalty_entry
  for each row execute function refuse_change_of_entries();

-- Which lots a burn took from, so that giving it back restores these.
create table burn_allocation (
  workspace_id integer not null references workspace (id),
  account_id uuid not null,
  -- The burn's own reference.
  ref text not null,
  lot_id uuid not null,
  quantity bigint not null check (quantity > 0),
  restored bigint not null default 0,
  primary key (workspace_id, account_id, ref, lot_id),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id) on delete cascade,
  check (0 <= restored and restored <= quantity)
);

-- What an order is worth in points by now, and for whom.
create table order_points (
  workspace_id integer not null references workspace (id),
  order_id uuid not null,
  program_id uuid not null,
  account_id uuid not null,
  target bigint not null,
  -- Burned for the order, and given back since.
  burned bigint not null default 0,
  restored bigint not null default 0,
  primary key (workspace_id, order_id, program_id),
  foreign key (workspace_id, account_id) references loyalty_account (workspace_id, id) on delete cascade
);

-- What was asked for by name, so that a repeat is known: its row comes first.
create table points_operation (
  workspace_id integer not null references workspace (id),
  program_id uuid not null,
  profile_id uuid not null,
  node bigint not null,
  kind text not null check (kind in ('earn', 'burn', 'refund', 'adjust', 'transfer')),
  reference text not null,
  quantity bigint not null,
  at timestamptz not null,
  primary key (workspace_id, program_id, kind, reference)
);
create index points_operation_profile on points_operation (workspace_id, profile_id);
create index points_operation_node on points_operation (workspace_id, node);
