-- What became other than it was about profiles outside their own state. Whoever keeps rules takes the rows, and looks again.
create table changed_fact (
  workspace_id integer not null,
  profile_id uuid not null,
  -- Like '$consent'.
  fact text not null,
  noted_at timestamptz not null,
  primary key (workspace_id, profile_id, fact)
);
create index changed_fact_noted_at on changed_fact (noted_at);
