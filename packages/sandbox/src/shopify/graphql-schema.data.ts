import { SHOPIFY_TOPICS, topicEnum } from './topics.data.ts';

const connection = (type: string): string => `
  type ${type}Connection { edges: [${type}Edge!]! nodes: [${type}!]! pageInfo: PageInfo! }
  type ${type}Edge { cursor: String! node: ${type}! }`;

const PAGE = 'first: Int, last: Int, after: String, before: String, reverse: Boolean = false';

const SAME_IN_ALL = `
  directive @idempotent(key: String!) on FIELD
  scalar DateTime
  scalar Decimal
  scalar Money
  scalar URL
  scalar UnsignedInt64
  scalar CurrencyCode
  enum ProductSortKeys { ID CREATED_AT UPDATED_AT }
  enum OrderSortKeys { ID CREATED_AT UPDATED_AT PROCESSED_AT }
  enum CustomerSortKeys { ID CREATED_AT UPDATED_AT }
  enum WebhookSubscriptionFormat { JSON XML }
  enum WebhookSubscriptionTopic { ${SHOPIFY_TOPICS.map(topicEnum).join(' ')} }
  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
  type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
  type Shop { id: ID! name: String! myshopifyDomain: String! currencyCode: CurrencyCode! }
  type SelectedOption { name: String! value: String! }
  type Product implements Node {
    id: ID! legacyResourceId: UnsignedInt64! title: String! handle: String! vendor: String! productType: String!
    status: String! tags: [String!]! descriptionHtml: String! totalInventory: Int! createdAt: DateTime! updatedAt: DateTime!
    variants(${PAGE}): ProductVariantConnection!
  }
  type ProductVariant implements Node {
    id: ID! legacyResourceId: UnsignedInt64! title: String! sku: String barcode: String price: Money! compareAtPrice: Money
    inventoryPolicy: String! inventoryQuantity: Int selectedOptions: [SelectedOption!]! createdAt: DateTime!
    updatedAt: DateTime! inventoryItem: InventoryItem! product: Product!
  }
  type InventoryItem implements Node {
    id: ID! legacyResourceId: UnsignedInt64! sku: String tracked: Boolean! createdAt: DateTime! updatedAt: DateTime!
    variant: ProductVariant! inventoryLevel(locationId: ID!): InventoryLevel
    inventoryLevels(${PAGE}): InventoryLevelConnection!
  }
  type InventoryLevel implements Node {
    id: ID! updatedAt: DateTime! location: Location! item: InventoryItem!
    quantities(names: [String!]!): [InventoryQuantity!]!
  }
  type InventoryQuantity { id: ID! name: String! quantity: Int! updatedAt: DateTime }
  type LocationAddress { city: String countryCode: String }
  type Location implements Node { id: ID! legacyResourceId: UnsignedInt64! name: String! isActive: Boolean! address: LocationAddress! createdAt: DateTime! updatedAt: DateTime! }
  type Customer implements Node {
    id: ID! legacyResourceId: UnsignedInt64! firstName: String lastName: String displayName: String! email: String phone: String
    tags: [String!]! numberOfOrders: UnsignedInt64! amountSpent: MoneyV2! createdAt: DateTime! updatedAt: DateTime!
  }
  type LineItem implements Node {
    id: ID! title: String! name: String! sku: String quantity: Int! currentQuantity: Int! originalUnitPriceSet: MoneyBag!
    totalDiscountSet: MoneyBag! variantTitle: String variant: ProductVariant product: Product
  }
  type FulfillmentTrackingInfo { company: String number: String url: URL }
  type Fulfillment implements Node { id: ID! status: String! displayStatus: String createdAt: DateTime! updatedAt: DateTime! trackingInfo: [FulfillmentTrackingInfo!]! }
  type Refund implements Node { id: ID! note: String createdAt: DateTime totalRefundedSet: MoneyBag! }
  type Order implements Node {
    id: ID! legacyResourceId: UnsignedInt64! name: String! email: String phone: String createdAt: DateTime! processedAt: DateTime!
    updatedAt: DateTime! cancelledAt: DateTime cancelReason: String closedAt: DateTime displayFinancialStatus: String
    displayFulfillmentStatus: String! currencyCode: CurrencyCode! totalPriceSet: MoneyBag! currentTotalPriceSet: MoneyBag!
    subtotalPriceSet: MoneyBag! totalDiscountsSet: MoneyBag! totalTaxSet: MoneyBag! totalShippingPriceSet: MoneyBag!
    totalRefundedSet: MoneyBag! discountCodes: [String!]! sourceName: String customer: Customer
    lineItems(${PAGE}): LineItemConnection! refunds: [Refund!]! fulfillments: [Fulfillment!]!
  }
  ${['Product', 'ProductVariant', 'InventoryItem', 'InventoryLevel', 'Location', 'Customer'].map(connection).join('')}
  ${['LineItem', 'Order', 'WebhookSubscription'].map(connection).join('')}
  type Query {
    shop: Shop!
    product(id: ID!): Product
    products(${PAGE}, query: String, sortKey: ProductSortKeys = ID): ProductConnection!
    productVariant(id: ID!): ProductVariant
    order(id: ID!): Order
    orders(${PAGE}, query: String, sortKey: OrderSortKeys = PROCESSED_AT): OrderConnection!
    customer(id: ID!): Customer
    customers(${PAGE}, query: String, sortKey: CustomerSortKeys = ID): CustomerConnection!
    location(id: ID): Location
    locations(${PAGE}, query: String): LocationConnection!
    inventoryItem(id: ID!): InventoryItem
    inventoryItems(${PAGE}, query: String): InventoryItemConnection!
    webhookSubscription(id: ID!): WebhookSubscription
    webhookSubscriptions(${PAGE}, topics: [WebhookSubscriptionTopic!]): WebhookSubscriptionConnection!
  }
  type UserError { field: [String!] message: String! }
  type InventorySetQuantitiesUserError { code: String field: [String!] message: String! }
  type InventoryChange { name: String! delta: Int! quantityAfterChange: Int }
  type InventoryAdjustmentGroup { createdAt: DateTime! reason: String! referenceDocumentUri: String changes: [InventoryChange!]! }
  type InventorySetQuantitiesPayload { inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventorySetQuantitiesUserError!]! }
  type WebhookSubscriptionCreatePayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }
  type WebhookSubscriptionDeletePayload { deletedWebhookSubscriptionId: ID userErrors: [UserError!]! }
  type Mutation {
    inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
    webhookSubscriptionCreate(topic: WebhookSubscriptionTopic!, webhookSubscription: WebhookSubscriptionInput!): WebhookSubscriptionCreatePayload
    webhookSubscriptionDelete(id: ID!): WebhookSubscriptionDeletePayload
  }`;

/** The part of the Admin GraphQL API that the twin has, as it is in that version (shopify.dev, "GraphQL Admin API reference"). */
export function shopifySchema(version: string): string {
  const hasUri = version >= '2025-10';
  const hasChangeFrom = version >= '2026-01';
  const hasCompare = version < '2026-04';
  return `
  ${SAME_IN_ALL}
  type WebhookSubscription implements Node {
    id: ID! topic: WebhookSubscriptionTopic! format: WebhookSubscriptionFormat! callbackUrl: URL!
    ${hasUri ? 'uri: String!' : ''} createdAt: DateTime! updatedAt: DateTime!
  }
  input InventoryQuantityInput {
    inventoryItemId: ID! locationId: ID! quantity: Int!
    ${hasChangeFrom ? 'changeFromQuantity: Int' : ''} ${hasCompare ? 'compareQuantity: Int' : ''}
  }
  input InventorySetQuantitiesInput {
    name: String! reason: String! referenceDocumentUri: String quantities: [InventoryQuantityInput!]!
    ${hasCompare ? 'ignoreCompareQuantity: Boolean = false' : ''}
  }
  input WebhookSubscriptionInput {
    callbackUrl: URL ${hasUri ? 'uri: String' : ''} format: WebhookSubscriptionFormat = JSON
    includeFields: [String!] filter: String name: String
  }`;
}
