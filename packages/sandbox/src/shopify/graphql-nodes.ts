import { toDecimal } from '../twin/decimal.ts';
import { type ConnectionArgs, connectionOf } from './graphql-connection.ts';
import { wholeSecond } from './instant.ts';
import { currentTotalsOf, financialStatusOf, fulfilmentStatusOf, paidOf, refundedOf, totalsOf } from './order-money.ts';
import { levelGid } from './present-stock.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import { getVariant, levelKey, quantityOf } from './shopify-state.ts';
import type {
  ShopifyCustomer,
  ShopifyFulfilment,
  ShopifyItem,
  ShopifyLevel,
  ShopifyLocation,
  ShopifyOrder,
  ShopifyOrderLine,
  ShopifyProduct,
  ShopifyVariant,
} from './shopify-state.ts';

/** `gid://shopify/Product/1` is 1; a bare number is taken too. */
export const numberOf = (gid: string): string => /(\d+)(?:\?.*)?$/.exec(gid)?.[1] ?? '';

const gid = (type: string, id: string) => ({ id: `gid://shopify/${type}/${id}`, legacyResourceId: id });
const instant = (ms: number): string => new Date(wholeSecond(ms)).toISOString().replace('.000Z', 'Z');
const dates = ({ createdAtMs, updatedAtMs }: { createdAtMs: number; updatedAtMs: number }) => ({
  createdAt: instant(createdAtMs),
  updatedAt: instant(updatedAtMs),
});

const FULFILMENT_STATES = { fulfilled: 'FULFILLED', partial: 'PARTIALLY_FULFILLED', none: 'UNFULFILLED' } as const;

/** Things of the shop as GraphQL says them; what an argument decides is a function. */
export class GraphqlNodes {
  private readonly shop: ShopifyShop;

  constructor(shop: ShopifyShop) {
    this.shop = shop;
  }

  product(product: ShopifyProduct): object {
    const { title, handle, vendor, productType, tags, variants } = product;
    return {
      ...{ ...gid('Product', product.id), title, handle, vendor, productType, tags, ...dates(product) },
      ...{ status: product.status.toUpperCase(), descriptionHtml: product.bodyHtml },
      totalInventory: () => variants.reduce((sum, { itemId }) => sum + quantityOf(this.shop.state, itemId), 0),
      variants: (args: ConnectionArgs) => connectionOf(variants, args, (one) => this.variant(product, one)),
    };
  }

  variant(product: ShopifyProduct, variant: ShopifyVariant): object {
    const { title, sku, barcode, optionValues, itemId } = variant;
    const { currency } = this.shop.identity;
    return {
      ...{ ...gid('ProductVariant', variant.id), title, sku, barcode, ...dates(variant) },
      price: toDecimal(variant.priceMinor, currency),
      compareAtPrice: variant.compareAtMinor === undefined ? null : toDecimal(variant.compareAtMinor, currency),
      inventoryPolicy: variant.policy.toUpperCase(),
      inventoryQuantity: () => quantityOf(this.shop.state, itemId),
      selectedOptions: product.options.map(({ name }, at) => ({ name, value: optionValues[at] ?? '' })),
      inventoryItem: () => this.itemOf(itemId),
      product: () => this.product(product),
    };
  }

  private itemOf(itemId: string): object | undefined {
    const item = this.shop.state.items.get(itemId);
    return item && this.item(item);
  }

  item(item: ShopifyItem): object {
    const { state } = this.shop;
    return {
      ...{ ...gid('InventoryItem', item.id), sku: item.sku, tracked: item.isTracked, ...dates(item) },
      variant: () => {
        const { product, variant } = getVariant(state, item.variantId);
        return this.variant(product, variant);
      },
      inventoryLevel: ({ locationId }: { locationId: string }) => {
        const level = state.levels.get(levelKey(item.id, numberOf(locationId)));
        return level && this.level(level);
      },
      inventoryLevels: (args: ConnectionArgs) =>
        connectionOf(
          [...state.levels.values()]
            .filter(({ itemId }) => itemId === item.id)
            .map((level) => ({ level, id: level.locationId, createdAtMs: 0, updatedAtMs: level.updatedAtMs })),
          args,
          ({ level }) => this.level(level),
        ),
    };
  }

  private level(level: ShopifyLevel): object {
    const updatedAt = instant(level.updatedAtMs);
    const known: Readonly<Record<string, number>> = {
      ...{ available: level.available, committed: level.committed },
      on_hand: level.available + level.committed,
    };
    return {
      ...{ id: levelGid(level), updatedAt },
      location: () => {
        const location = this.shop.state.locations.get(level.locationId);
        return location && this.location(location);
      },
      item: () => this.itemOf(level.itemId),
      quantities: ({ names }: { names: readonly string[] }) =>
        names.map((name) => ({
          id: `gid://shopify/InventoryQuantity/${name}`,
          name,
          quantity: known[name] ?? 0,
          updatedAt,
        })),
    };
  }

  location(location: ShopifyLocation): object {
    const { id, name, isActive, city, countryCode } = location;
    return { ...gid('Location', id), name, isActive, address: { city, countryCode }, ...dates(location) };
  }

  customer(customer: ShopifyCustomer): object {
    const { firstName, lastName, email, phone, tags } = customer;
    const orders = [...this.shop.state.orders.values()].filter(({ customerId }) => customerId === customer.id);
    const spent = orders.reduce((sum, order) => sum + paidOf(order) - refundedOf(order), 0);
    return {
      ...{ ...gid('Customer', customer.id), firstName, lastName, email, phone, tags, ...dates(customer) },
      ...{ displayName: `${firstName} ${lastName}`.trim(), numberOfOrders: String(orders.length) },
      amountSpent: this.money(spent).shopMoney,
    };
  }

  order(order: ShopifyOrder): object {
    const customer = order.customerId === undefined ? undefined : this.shop.state.customers.get(order.customerId);
    const totals = totalsOf(order);
    const at = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : instant(ms));
    return {
      ...{
        ...gid('Order', order.id),
        name: `#${order.number}`,
        email: order.email,
        phone: order.phone,
        ...dates(order),
      },
      ...{
        processedAt: instant(order.createdAtMs),
        cancelledAt: at(order.cancelledAtMs),
        closedAt: at(order.closedAtMs),
      },
      cancelReason: order.cancelReason?.toUpperCase(),
      displayFinancialStatus: financialStatusOf(order).toUpperCase(),
      displayFulfillmentStatus: FULFILMENT_STATES[fulfilmentStatusOf(order) ?? 'none'],
      ...{ currencyCode: this.shop.identity.currency, totalPriceSet: this.money(totals.totalMinor) },
      currentTotalPriceSet: this.money(currentTotalsOf(order).totalMinor),
      ...{ subtotalPriceSet: this.money(totals.subtotalMinor), totalDiscountsSet: this.money(totals.discountMinor) },
      ...{ totalTaxSet: this.money(totals.taxMinor), totalShippingPriceSet: this.money(totals.shippingMinor) },
      totalRefundedSet: this.money(refundedOf(order)),
      ...{ discountCodes: order.discount === undefined ? [] : [order.discount.code], sourceName: order.source },
      customer: () => customer && this.customer(customer),
      lineItems: (args: ConnectionArgs) =>
        connectionOf(
          order.lines.map((line) => ({ ...line, createdAtMs: 0, updatedAtMs: 0 })),
          args,
          (line) => this.line(line),
        ),
      refunds: order.refunds.map(({ id, note, createdAtMs, transactions }) => ({
        ...{ id: `gid://shopify/Refund/${id}`, note, createdAt: instant(createdAtMs) },
        totalRefundedSet: this.money(transactions.reduce((sum, { amountMinor }) => sum + amountMinor, 0)),
      })),
      fulfillments: order.fulfilments.map((one) => this.fulfilment(one)),
    };
  }

  private line(line: ShopifyOrderLine): object {
    const { title, sku, quantity, variantTitle } = line;
    const product = this.shop.state.products.get(line.productId);
    const variant = product?.variants.find(({ id }) => id === line.variantId);
    return {
      ...{
        id: `gid://shopify/LineItem/${line.id}`,
        title,
        name: `${title} - ${variantTitle}`,
        sku,
        quantity,
        variantTitle,
      },
      currentQuantity: quantity - line.refunded,
      ...{ originalUnitPriceSet: this.money(line.priceMinor), totalDiscountSet: this.money(line.discountMinor) },
      variant: () => product && variant && this.variant(product, variant),
      product: () => product && this.product(product),
    };
  }

  private fulfilment(one: ShopifyFulfilment): object {
    const { trackingCompany: company, trackingNumber: number } = one;
    return {
      ...{ id: `gid://shopify/Fulfillment/${one.id}`, status: 'SUCCESS', ...dates(one) },
      displayStatus: one.shipmentStatus?.toUpperCase() ?? 'FULFILLED',
      trackingInfo: number === undefined ? [] : [{ company, number, url: `https://track.example/${number}` }],
    };
  }

  private money(minor: number) {
    const { currency: currencyCode } = this.shop.identity;
    const money = { amount: toDecimal(minor, currencyCode), currencyCode };
    return { shopMoney: money, presentmentMoney: money };
  }
}
