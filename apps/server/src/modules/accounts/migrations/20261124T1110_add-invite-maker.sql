-- Whoever sent an invite, or made the key that sent it: it ends with her. Older invites say nobody, and end by themselves.
alter table invite add column created_by uuid;
create index invite_maker on invite (workspace_id, created_by) where accepted_at is null and revoked_at is null;
create index api_key_maker on api_key (workspace_id, created_by) where revoked_at is null;
