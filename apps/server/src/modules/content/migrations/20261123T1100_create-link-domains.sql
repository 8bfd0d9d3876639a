-- The domain a workspace's links show. Used once a request under that name has proved that it leads here.
create table link_domain (
  workspace_id integer primary key,
  host text not null,
  verified_at timestamptz,
  updated_at timestamptz not null
);

-- Visits to tracked links that look like a person's. Scanners follow many at once: what comes within seconds decides.
create table link_visit (
  workspace_id integer not null,
  id uuid not null,
  message_id text not null,
  -- Hash of the address, to tell links apart.
  link text not null,
  visited_at timestamptz not null,
  -- When it is decided; null once it was.
  due_at timestamptz,
  -- Whose it is and what the event will say.
  click jsonb not null,
  primary key (workspace_id, id)
);
create index link_visit_due on link_visit (due_at) where due_at is not null;
create index link_visit_message on link_visit (workspace_id, message_id);
create index link_visit_visited_at on link_visit using brin (visited_at);
