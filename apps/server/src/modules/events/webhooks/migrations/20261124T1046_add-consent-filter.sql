-- Categories of consent an endpoint needs, all of them; and whether it is there for advertising.
alter table webhook_endpoint add column consent_categories text[] not null default '{}';
alter table webhook_endpoint add column is_advertising boolean not null default false;
-- The last events kept from it by consent, newest first: [{at, eventId, type, name}, …].
alter table webhook_endpoint add column last_filtered jsonb not null default '[]';
alter table webhook_hour add column filtered integer not null default 0;
