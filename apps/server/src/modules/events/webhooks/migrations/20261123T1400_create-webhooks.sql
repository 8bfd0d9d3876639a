-- Where events are posted to, and how that goes.
create table webhook_endpoint (
  workspace_id integer not null,
  id uuid not null,
  url text not null,
  description text not null,
  -- [{type?, name?}, …]; none: every event.
  events jsonb not null,
  source_id uuid,
  -- The number its events carry.
  source_number integer,
  -- Sealed JSON; null when there are none.
  headers bytea,
  header_names text[] not null,
  rate_per_second integer,
  include_personal boolean not null,
  -- Sealed, as is the one before.
  secret bytea not null,
  previous_secret bytea,
  previous_until timestamptz,
  enabled boolean not null default true,
  disabled_at timestamptz,
  disabled_reason text,
  -- Heads of the lanes when it was created or enabled, [[log, lane, seq], …]: what lies before is not for it.
  starts jsonb not null,
  failing_since timestamptz,
  -- Failed attempts since the last success.
  failures integer not null default 0,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_failure text,
  -- Not called before this: it asked for rest, or keeps failing.
  held_until timestamptz,
  -- Its turn among the others.
  claimed_at timestamptz,
  -- Up to where its rate is spent.
  paced_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
) with (fillfactor = 60);

-- One row an endpoint and event. The id is made of both, so that a repeat of the reader meets its own row.
create table webhook_delivery (
  workspace_id integer not null,
  endpoint_id uuid not null,
  id uuid not null,
  type text not null,
  event_name text not null,
  -- The body less every personal value: those stay sealed with the key of the node, and end with it.
  body text not null,
  sealed bytea,
  node_id bigint,
  status text not null check (status in ('waiting', 'sending', 'delivered', 'failed')),
  -- Tries of the schedule under way; a replay starts anew.
  tries smallint not null default 0,
  -- [{at, result, status, reason, tookMs, responseBody}, …], the last of them.
  attempts jsonb not null default '[]',
  replays smallint not null default 0,
  -- Set while waiting, and only then.
  next_attempt_at timestamptz,
  -- The process that sends it, and its claim.
  owner text,
  claim uuid,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (workspace_id, endpoint_id, id)
) with (fillfactor = 80);
create index webhook_delivery_due on webhook_delivery (workspace_id, endpoint_id, next_attempt_at) where status = 'waiting';
create index webhook_delivery_sending on webhook_delivery (workspace_id, endpoint_id) where status = 'sending';
create index webhook_delivery_failed on webhook_delivery (workspace_id, endpoint_id, id) where status = 'failed';
create index webhook_delivery_created_at on webhook_delivery using brin (created_at);

-- Attempts by the hour, for the health of an endpoint.
create table webhook_hour (
  workspace_id integer not null,
  endpoint_id uuid not null,
  hour timestamptz not null,
  succeeded integer not null,
  failed integer not null,
  took_ms_sum bigint not null,
  took_ms_max integer not null,
  primary key (workspace_id, endpoint_id, hour)
) with (fillfactor = 60);
