-- What was said of belonging to companies, by the identifier it was said of; `company_member` adds it up by profile. Upon the
-- undoing of a merge it says who belongs where.
create table company_node (
  workspace_id integer not null,
  node bigint not null,
  company_id uuid not null,
  role text,
  role_ms bigint,
  -- Null: only that it left was said under this node.
  first_ms bigint,
  last_ms bigint,
  left_ms bigint,
  primary key (workspace_id, node, company_id)
);

insert into company_node (workspace_id, node, company_id, role, role_ms, first_ms, last_ms, left_ms)
select m.workspace_id, n.node, m.company_id, m.role, m.role_ms, m.first_ms, m.last_ms, m.left_ms
from company_member m
join (
  select workspace_id, profile_id, min(id) as node from identity_node where profile_id is not null group by workspace_id, profile_id
) n on n.workspace_id = m.workspace_id and n.profile_id = m.profile_id;
