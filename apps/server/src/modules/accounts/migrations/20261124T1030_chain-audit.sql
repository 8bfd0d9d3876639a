-- Entries are chained from now on; what was there before is covered by the digest in the first link (see audit-chain.ts).
alter table audit_entry
  add column seq bigint,
  add column hash bytea;

create unique index audit_entry_seq on audit_entry (workspace_id, seq);
create index audit_entry_action on audit_entry (workspace_id, (split_part(action, '.', 1)), id);

-- The last link of each workspace. Its row is the lock that keeps the chain from forking.
create table audit_chain (
  workspace_id integer primary key references workspace (id),
  seq bigint not null,
  hash bytea not null
);
