-- Which source an event came from, and whether it was only a test; 0 for what Segue itself emits.
alter table event
  add column if not exists source UInt32 materialized JSONExtractUInt(payload, 'source'),
  add column if not exists is_test UInt8 materialized position(payload, '"test":true') > 0 and JSONExtractBool(payload, 'context', 'test');
create view if not exists history_source_events as
select workspace_id, source, is_test, type, name, occurred_ms, received_ms, payload from event where is_test = 0;
