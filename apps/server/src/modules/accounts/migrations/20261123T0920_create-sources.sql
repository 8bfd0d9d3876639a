-- A source is where events come from: a website, an app, a till. Its number is short because it goes with every event.
create table source (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  number integer generated always as identity unique,
  name text not null,
  kind text not null default 'website',
  enabled boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);

alter table write_key add column source_id uuid;
update write_key set source_id = gen_random_uuid();
insert into source (workspace_id, id, name, created_at) select workspace_id, source_id, name, created_at from write_key;
alter table write_key alter column source_id set not null;
alter table write_key add foreign key (workspace_id, source_id) references source (workspace_id, id);

-- Keys end by themselves where they were given an end.
alter table api_key add column expires_at timestamptz, add column last_used_at timestamptz, add column prefix text not null default '';
