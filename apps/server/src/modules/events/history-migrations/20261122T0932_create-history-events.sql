create view if not exists history_events as
select log, lane, seq, workspace_id, message_id, type, name, occurred_ms, received_ms, node, nodes, kinds, sealed, payload,
  fromUnixTimestamp64Milli(occurred_ms, 'UTC') as occurred_at
from event;
