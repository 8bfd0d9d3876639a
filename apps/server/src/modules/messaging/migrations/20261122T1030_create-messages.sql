-- One row a message: the wish, the decision and the outcome. Never deleted by sending; the ledger of what was sent.
create table message (
  workspace_id integer not null,
  id uuid not null,
  profile_id uuid not null,
  -- The identifier its events are archived under: upon the undoing of a merge the message goes where this node goes.
  node_kind smallint not null,
  node_id bigint not null,
  channel text not null,
  topic text not null,
  -- The same key is the same wish, however often it is asked for.
  intent_key text not null,
  template_id uuid not null,
  -- Frozen when queued: a later edit does not change what was asked for. Null when there was no such template.
  template_version_id uuid,
  -- Sealed with the data key of the node: destroying that key destroys this too.
  variables bytea,
  source text not null,
  journey_id uuid,
  journey_version integer,
  run_id uuid,
  step_id text,
  status text not null check (status in ('queued', 'sending', 'sent', 'refused', 'failed', 'unknown')),
  refused_by text,
  reason text,
  attempts smallint not null default 0,
  -- Set while queued, and only then.
  next_attempt_at timestamptz,
  -- Lane heads the processor must pass first: [[log, lane, seq], …].
  lane_marks jsonb,
  -- The process that sends it; when it dies the outcome is unknown.
  owner text,
  -- Keyed hash of the address it went to: a bounce suppresses this one.
  address_hash uuid,
  -- SHA-256 of what was rendered.
  content_hash bytea,
  -- Gate decisions and attempts: [{at, what, by?, reason?, attempt?}, …].
  history jsonb not null,
  created_at timestamptz not null,
  sending_at timestamptz,
  ended_at timestamptz,
  delivered_at timestamptz,
  opened_at timestamptz,
  clicked_at timestamptz,
  bounced_at timestamptz,
  primary key (workspace_id, id),
  unique (workspace_id, intent_key)
) with (fillfactor = 80);
create index message_due on message (next_attempt_at) where status = 'queued';
create index message_sending on message (owner) where status = 'sending';
create index message_profile on message (workspace_id, profile_id, id desc);
create index message_journey on message (workspace_id, journey_id, id desc) where journey_id is not null;
create index message_status on message (workspace_id, status, id desc);

-- Marketing messages as the frequency cap counts them; written with the decision to send.
create table cap_window (
  workspace_id integer not null,
  profile_id uuid not null,
  channel text not null,
  counted_at timestamptz not null,
  message_id uuid not null,
  topic text not null,
  primary key (workspace_id, profile_id, channel, counted_at, message_id)
);
create index cap_window_message on cap_window (workspace_id, message_id);
create index cap_window_counted_at on cap_window using brin (counted_at);

-- What a workspace set; without a row the defaults of the gate hold.
create table send_policy (
  workspace_id integer primary key,
  cap_max integer not null check (cap_max >= 0),
  cap_window_ms bigint not null check (cap_window_ms > 0),
  updated_at timestamptz not null
);
