-- The event that caused a merge, as far as it is nobody's secret; and what the profile that stayed held before it.
alter table profile_merge
  add column cause_type text,
  add column cause_name text,
  add column cause_at timestamptz,
  add column into_nodes bigint[] not null default '{}',
  -- The outcome holds words of both profiles: it is sealed with the key of `outcome_node`, then with this one's.
  add column outcome_into bigint;
-- The tree of merges is walked from what stayed and from what went.
create unique index profile_merge_current on profile_merge (workspace_id, from_profile) where undone_at is null;
