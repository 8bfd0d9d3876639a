-- Variants that came into or went out of sale, or may be owed from now on or not any more, that nobody has looked at yet.
create table sale_change (
  workspace_id integer not null references workspace (id),
  id bigint generated always as identity,
  variant_id uuid not null,
  primary key (workspace_id, id)
);

-- Whoever writes them: no import, hook or route can forget to tell.
create function note_sale_of_variant() returns trigger language plpgsql as $$
begin
  insert into sale_change (workspace_id, variant_id) values (new.workspace_id, new.id);
  return null;
end $$;
create trigger variant_sale after update of status, backorder on variant for each row
  when (old.status is distinct from new.status or old.backorder is distinct from new.backorder)
  execute function note_sale_of_variant();

create function note_sale_of_product() returns trigger language plpgsql as $$
begin
  insert into sale_change (workspace_id, variant_id)
  select v.workspace_id, v.id from variant v where v.workspace_id = new.workspace_id and v.product_id = new.id;
  return null;
end $$;
create trigger product_sale after update of status on product for each row
  when (old.status is distinct from new.status)
  execute function note_sale_of_product();
