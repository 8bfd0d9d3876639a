/** What an Admin API subscription can be about (a part of `WebhookSubscriptionTopic`). Compliance topics are set in the app itself. */
export const SHOPIFY_TOPICS = [
  ...['app/uninstalled', 'bulk_operations/finish', 'shop/update'],
  ...['carts/create', 'carts/update', 'checkouts/create', 'checkouts/update', 'checkouts/delete'],
  ...['customers/create', 'customers/update', 'customers/delete', 'customers/enable', 'customers/disable'],
  ...['customers_email_marketing_consent/update', 'customers_marketing_consent/update'],
  ...['discounts/create', 'discounts/update', 'discounts/delete'],
  ...['draft_orders/create', 'draft_orders/update', 'draft_orders/delete'],
  ...['fulfillment_events/create', 'fulfillments/create', 'fulfillments/update'],
  ...['fulfillment_orders/placed_on_hold', 'fulfillment_orders/hold_released', 'fulfillment_orders/moved'],
  ...['fulfillment_orders/cancelled', 'fulfillment_orders/line_items_prepared_for_pickup'],
  ...['fulfillment_orders/line_items_prepared_for_local_delivery'],
  ...['inventory_items/create', 'inventory_items/update', 'inventory_items/delete'],
  ...['inventory_levels/connect', 'inventory_levels/update', 'inventory_levels/disconnect'],
  ...['locations/create', 'locations/update', 'locations/activate', 'locations/deactivate', 'locations/delete'],
  ...['orders/create', 'orders/updated', 'orders/paid', 'orders/cancelled', 'orders/fulfilled', 'orders/delete'],
  ...['orders/partially_fulfilled', 'orders/edited', 'order_transactions/create', 'refunds/create'],
  ...['products/create', 'products/update', 'products/delete'],
  ...['returns/request', 'returns/approve', 'returns/decline', 'returns/update', 'returns/close'],
  ...['returns/cancel', 'returns/reopen'],
  ...['selling_plan_groups/create', 'selling_plan_groups/update', 'selling_plan_groups/delete'],
  ...['subscription_billing_attempts/success', 'subscription_billing_attempts/failure'],
  ...['subscription_billing_attempts/challenged', 'subscription_contracts/create', 'subscription_contracts/update'],
  ...['variants/in_stock', 'variants/out_of_stock'],
] as const;

/** `orders/partially_fulfilled` is `ORDERS_PARTIALLY_FULFILLED`. */
export const topicEnum = (topic: string): string => topic.toUpperCase().replaceAll('/', '_');

export const COMPLIANCE_TOPICS = ['customers/data_request', 'customers/redact', 'shop/redact'] as const;
