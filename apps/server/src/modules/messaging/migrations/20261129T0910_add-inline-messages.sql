-- What a message says itself, without a template; sealed like its variables.
alter table message alter column template_id drop not null;
alter table message add column inline bytea;
-- It goes to this address of the profile and to no other; null: to whichever is best.
alter table message add column to_node bigint;
-- A message to an address that nobody had yet waits for the profile of it.
alter table message alter column profile_id drop not null;
alter table message add check (profile_id is not null or to_node is not null);
-- Whether opens and clicks of it are told.
alter table message add column tracks_opens boolean not null default true, add column tracks_clicks boolean not null default true;
