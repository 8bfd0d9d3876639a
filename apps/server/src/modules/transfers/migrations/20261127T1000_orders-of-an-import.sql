-- Orders whose rows a running import has taken: a further row of one stands apart from them, and is no order of its own. By
-- a keyed hash of the order's number. Gone once the import is over.
create table data_import_order (
  workspace_id integer not null,
  import_id uuid not null,
  order_key uuid not null,
  primary key (workspace_id, import_id, order_key)
);
