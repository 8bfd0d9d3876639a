-- What lies there is as it was, but what may be sold of it is not: it is told again.
alter table stock_change add column is_retold boolean not null default false;
-- Whether what was told of it was counted at all active locations together.
alter table stock_told add column is_counted boolean not null default true;
update stock_told t set is_counted = false from location l
where l.workspace_id = t.workspace_id and l.id = t.location_id and l.state <> 'active';
