-- The place of a signal among merges, as that of records and wishes: what two profiles said before they were one is joined.
alter table consent_signal add column seq bigint not null default nextval('consent_order');
