-- What a caller asked for under a key of its own, and what it was answered (sealed: an answer may show a secret once).
create table idempotency_key (
  workspace_id integer not null,
  key text not null,
  fingerprint bytea not null,
  status smallint not null,
  body bytea,
  created_at timestamptz not null,
  primary key (workspace_id, key)
);
create index idempotency_key_created_at on idempotency_key (created_at);
