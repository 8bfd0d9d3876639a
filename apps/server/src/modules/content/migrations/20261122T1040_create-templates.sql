create table template (
  workspace_id integer not null,
  id uuid not null,
  channel text not null,
  name text not null,
  current_version uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (workspace_id, id)
);
create index template_created_at on template (workspace_id, created_at desc, id desc);

-- What a template said at one time. A message names the version it was rendered from, so a version never changes.
create table template_version (
  workspace_id integer not null,
  id uuid not null,
  template_id uuid not null,
  number integer not null,
  content jsonb not null,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, template_id, number)
);

create function refuse_template_version_update() returns trigger language plpgsql as $$
begin
  raise exception 'a template version never changes: add a new one';
end $$;
create trigger template_version_is_immutable before update on template_version
  for each row execute function refuse_template_version_update();
