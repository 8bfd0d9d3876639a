-- Further rules of a workspace, as the contract writes them; null: the defaults of the gate.
alter table send_policy add column rules jsonb;
-- 1 matters least, 9 most: who gets the last place under a cap.
alter table message add column priority smallint not null default 5 check (priority between 1 and 9);
-- When it was to go; null: as soon as it was asked for.
alter table message add column due_at timestamptz;
-- After that it is of no use.
alter table message add column expires_at timestamptz;
-- What it is part of, in the shop's own words.
alter table message add column campaign text;
-- The rule that holds it back at present; while queued, and only then.
alter table message add column held_by text;
create index message_waiting on message (workspace_id, profile_id) where status = 'queued';
create index message_held on message (workspace_id) where status = 'queued' and held_by is not null;
