-- Shopify shops whose compliance webhooks are taken; the app's secret is sealed.
create table shopify_account (
  workspace_id integer not null,
  id uuid not null,
  shop_domain text not null,
  secret bytea not null,
  source_id uuid,
  source_number integer,
  match_customer_id boolean not null,
  created_at timestamptz not null,
  primary key (workspace_id, id),
  unique (workspace_id, shop_domain)
);
create index shopify_account_id on shopify_account (id);

-- Shopify sends a webhook again until it is answered.
create table shopify_webhook (
  workspace_id integer not null,
  account_id uuid not null,
  webhook_id text not null,
  received_at timestamptz not null,
  primary key (workspace_id, account_id, webhook_id)
);
