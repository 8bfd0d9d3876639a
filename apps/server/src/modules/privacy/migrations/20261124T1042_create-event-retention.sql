-- How long events are kept. A workspace without a row keeps them for ever.
create table event_retention (
  workspace_id integer primary key,
  rules jsonb not null,
  export_days integer not null,
  next_at timestamptz not null
);
create index event_retention_due on event_retention (next_at);
