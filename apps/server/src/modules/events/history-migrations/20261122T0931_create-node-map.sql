create table if not exists node_map (
  workspace_id UInt32,
  node UInt64,
  profile_id UUID,
  version UInt64
)
engine = ReplacingMergeTree(version)
order by (workspace_id, node)
settings non_replicated_deduplication_window = 10000;
