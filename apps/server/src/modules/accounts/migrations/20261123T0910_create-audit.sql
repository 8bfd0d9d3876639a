-- Who changed what, and when. Written in the transaction of the change, never updated.
create table audit_entry (
  workspace_id integer not null references workspace (id),
  id uuid not null,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  ip text,
  action text not null,
  subject text,
  detail jsonb,
  primary key (workspace_id, id)
);

-- A key that may do everything may also do what is added later.
update api_key set scopes = '{*}' where scopes @> '{profiles:write,segments:write,journeys:write,templates:write,messages:write,consent:write,events:read}';
