-- She may be restricted, or object to profiling without an event of her own that says so: her own state tells. Never false
-- of whom nothing may be done with; it may be true of others.
alter table profile add column is_withheld boolean not null default false;
create index profile_withheld on profile (workspace_id, id) where is_withheld;
