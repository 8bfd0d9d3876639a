create table journey (
  workspace_id integer not null,
  id uuid not null,
  name text not null,
  state text not null default 'draft' check (state in ('draft', 'published', 'paused', 'archived')),
  -- The published version; runs may still be on earlier ones.
  version integer,
  draft jsonb not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (workspace_id, id)
);

-- A published graph; never changed.
create table journey_version (
  workspace_id integer not null,
  journey_id uuid not null,
  version integer not null,
  graph jsonb not null,
  published_ms bigint not null,
  primary key (workspace_id, journey_id, version),
  foreign key (workspace_id, journey_id) references journey (workspace_id, id)
);

-- One profile's passage. state: 1 waiting, 2 watching (its path has ended, the goal still counts), 3 ended.
create table journey_run (
  workspace_id integer not null,
  id uuid not null,
  journey_id uuid not null,
  version integer not null,
  profile_id uuid not null,
  key text not null,
  state smallint not null,
  step_id text,
  at_ms bigint not null,
  wake_ms bigint,
  entered_ms bigint not null,
  ended_ms bigint,
  reason text,
  goal_ms bigint,
  -- Properties of the entry event that branches and templates need.
  context jsonb not null,
  -- Arrivals in order: [step, instant it counts from, cause used up].
  path jsonb not null,
  primary key (workspace_id, id),
  check (state = 3 or wake_ms is not null)
) with (fillfactor = 80);

-- Never two runs at once for one profile and key.
create unique index journey_run_waiting on journey_run (workspace_id, profile_id, journey_id, key) where state = 1;
-- Due waits, each journey's by itself, so that those of a paused one are not read over and over.
create index journey_run_due on journey_run (workspace_id, journey_id, version, wake_ms) where state < 3;
-- Lists, newest first; whose runs hear an event; and whether a profile was in a journey before.
create index journey_run_of_journey on journey_run (workspace_id, journey_id, id);
create index journey_run_of_profile on journey_run (workspace_id, profile_id, id);
