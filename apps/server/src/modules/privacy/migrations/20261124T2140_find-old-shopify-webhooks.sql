-- Which webhooks came before is kept only for as long as one could come again.
create index shopify_webhook_age on shopify_webhook (received_at);
