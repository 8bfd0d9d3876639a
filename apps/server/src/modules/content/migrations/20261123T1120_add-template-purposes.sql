-- A template Segue itself sends, one of a kind in a workspace; the marketer may change what it says.
alter table template add column purpose text;
create unique index template_purpose on template (workspace_id, purpose) where purpose is not null;
