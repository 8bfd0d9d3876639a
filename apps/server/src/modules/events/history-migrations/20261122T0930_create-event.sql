create table if not exists event (
  log UInt8,
  lane UInt8,
  seq UInt64 codec(Delta, ZSTD(1)),
  workspace_id UInt32,
  message_id String codec(ZSTD(1)),
  type LowCardinality(String),
  name LowCardinality(String),
  occurred_ms Int64 codec(Delta, ZSTD(1)),
  received_ms Int64 codec(Delta, ZSTD(1)),
  node UInt64,
  nodes Array(UInt64),
  kinds Array(UInt8),
  sealed String codec(NONE),
  payload String codec(ZSTD(1))
)
engine = MergeTree
partition by toYYYYMM(fromUnixTimestamp64Milli(received_ms, 'UTC'))
order by (workspace_id, node, occurred_ms, log, lane, seq)
settings non_replicated_deduplication_window = 10000;
