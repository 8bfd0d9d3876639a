-- A dead letter can be named, tells what it was about, and counts how often its event failed.
alter table log_dead_letter
  add column id uuid not null default gen_random_uuid(),
  add column failures integer not null default 1,
  add column source integer,
  add column type text,
  add column name text;
create unique index log_dead_letter_id on log_dead_letter (id);
create index log_dead_letter_workspace on log_dead_letter (workspace_id, failed_at desc, id desc);
update log_dead_letter set failed_at = date_trunc('milliseconds', failed_at);
update log_dead_letter set
  source = (line::json -> 10 ->> 'source')::integer,
  type = line::json ->> 2,
  name = line::json ->> 3
-- What has a workspace was read once, so it is JSON.
where workspace_id <> 0 and left(line, 1) = '[' and line not like '%\\u0000%';
