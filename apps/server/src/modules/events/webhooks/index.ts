export { webhooksMigrations } from './migrations/index.ts';
export { retainWebhooks } from './retain-webhooks.ts';
export { createWebhookRoutes } from './routes.ts';
export { runWebhooks } from './run-webhooks.ts';
export { WebhookSender } from './send-webhooks.ts';
export { watchWebhooks } from './webhook-metrics.ts';
