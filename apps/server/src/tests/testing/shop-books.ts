import type { ShopWorld } from '@segue/sandbox';
import type { ApiClient } from './api-client.ts';

interface Order {
  readonly source: string;
  readonly sourceOrderId: string;
  readonly standing: string;
  readonly totalMinor: number;
  readonly paidMinor: number;
  readonly refundedMinor: number;
  readonly lines: readonly { readonly quantity: number; readonly fulfilled: number }[];
}

/** What matters of an order: as whoever sold it knows it, or as the book does. */
interface Truth {
  readonly total: number;
  readonly paid: number;
  readonly refunded: number;
  readonly isCancelled: boolean;
  readonly isSent: boolean;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((all, amount) => all + amount, 0);

function truthOf({ totalMinor: total, paidMinor: paid, refundedMinor: refunded, standing, lines }: Order): Truth {
  const isSent = lines.some(({ fulfilled }) => fulfilled > 0);
  return { total, paid, refunded, isCancelled: standing === 'cancelled', isSent };
}

function webOrders(world: ShopWorld): Map<string, Truth> {
  const orders = [...world.shopify.shop.state.orders.values()];
  return new Map(
    orders.map(({ id, lines, transactions, shippingMinor, cancelledAtMs }) => {
      const moved = (...kinds: readonly string[]) =>
        sum(transactions.filter(({ kind }) => kinds.includes(kind)).map(({ amountMinor }) => amountMinor));
      const goods = lines.map((line) => line.priceMinor * line.quantity - line.discountMinor + line.taxMinor);
      const truth = {
        ...{ total: sum(goods) + shippingMinor, paid: moved('sale', 'capture'), refunded: moved('refund') },
        ...{ isCancelled: cancelledAtMs !== undefined, isSent: lines.some(({ fulfilled }) => fulfilled > 0) },
      };
      return [String(id), truth];
    }),
  );
}

function marketOrders(world: ShopWorld): Map<string, Truth> {
  const orders = [...world.woo.shop.state.orders.values()];
  return new Map(
    orders.map(({ id, lines, refunds, shippingMinor, status, paidAtMs, completedAtMs }) => {
      const total = sum(lines.map((line) => line.totalMinor + line.taxMinor)) + shippingMinor;
      const truth = {
        ...{ total, paid: paidAtMs === undefined ? 0 : total },
        refunded: sum(refunds.map(({ amountMinor }) => amountMinor)),
        isCancelled: status === 'cancelled' || status === 'failed',
        isSent: completedAtMs !== undefined,
      };
      return [String(id), truth];
    }),
  );
}

function tillSales(world: ShopWorld): Map<string, Truth> {
  const items = world.till?.journal.items ?? [];
  return new Map(
    items.flatMap((sale): [string, Truth][] => {
      if (sale.kind !== 'sale') return [];
      const goods = sale.lines.map((line) => line.unitPriceMinor * line.quantity - line.discountMinor);
      const total = sum(goods) - sale.discountMinor + sale.taxMinor;
      const back = items.map((item) => (item.kind === 'refund' && item.saleId === sale.id ? item.amountMinor : 0));
      return [[sale.id, { total, paid: total, refunded: sum(back), isCancelled: false, isSent: true }]];
    }),
  );
}

/** Where the book and the shelves of Segue say other than the shops themselves; empty when they agree. */
export async function differencesOfBooks(api: ApiClient, world: ShopWorld): Promise<string[]> {
  const orders = await api.list<Order>('/orders');
  const names = new Set(orders.map(({ source, sourceOrderId }) => `${source} ${sourceOrderId}`));
  const sold = { shopify: webOrders(world), woocommerce: marketOrders(world), pos: tillSales(world) };
  const differing = Object.entries(sold).flatMap(([kind, theirs]) => {
    const own = orders.filter(({ source }) => source.startsWith(`${kind}:`));
    const ours = new Map(own.map((one) => [one.sourceOrderId, truthOf(one)]));
    const wrong = [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((id) => {
      const [here, there] = [JSON.stringify(ours.get(id)), JSON.stringify(theirs.get(id))];
      return here === there ? [] : [`${kind} order ${id}: ${here} here, ${there} there`];
    });
    return theirs.size === 0 ? [`${kind} has sold nothing`] : wrong;
  });
  return [
    ...differing,
    ...(names.size < orders.length ? ['an order is there twice'] : []),
    ...(await levelDifferences(api, world)),
  ];
}

/** What lies on the shelves of the web shop and of the marketplace is what Segue says lies there. */
async function levelDifferences(api: ApiClient, world: ShopWorld): Promise<string[]> {
  const { levels, locations, variants } = shelves(world);
  const known = await api.list<{ variantId: string; locationId: string; onHand: number; reserved: number }>(
    '/inventory/levels',
  );
  const places = await api.list<{ id: string; name: string }>('/locations');
  const products = await api.list<{ variants: { id: string; sku: string | null }[] }>('/products');
  const skuOf = new Map(products.flatMap((one) => one.variants.map(({ id, sku }) => [id, sku] as const)));
  const placeOf = new Map(places.map(({ id, name }) => [id, name]));
  const onTheWeb = new Set(locations.values());
  const ours = new Map(
    known.map((level) => [
      `${skuOf.get(level.variantId)} ${placeOf.get(level.locationId)}`,
      level.onHand - level.reserved,
    ]),
  );
  const elsewhere = (sku: string): number =>
    sum(
      known
        .filter((level) => skuOf.get(level.variantId) === sku && !onTheWeb.has(placeOf.get(level.locationId) ?? ''))
        .map((level) => level.onHand - level.reserved),
    );
  const market = [...world.woo.shop.state.products.values()].flatMap(({ sku, quantity }) =>
    elsewhere(sku) === quantity ? [] : [`${sku} on the market: ${elsewhere(sku)} here, ${quantity} there`],
  );
  const web = levels.flatMap(({ itemId, locationId, available }) => {
    const name = `${variants.get(itemId)} ${locations.get(locationId)}`;
    return ours.get(name) === available ? [] : [`${name}: ${ours.get(name)} here, ${available} there`];
  });
  return [...web, ...market];
}

function shelves(world: ShopWorld) {
  const { levels, locations, products } = world.shopify.shop.state;
  const variants = [...products.values()].flatMap((product) => [...product.variants]);
  return {
    levels: [...levels.values()],
    locations: new Map([...locations.values()].map(({ id, name }) => [id, name])),
    variants: new Map(variants.map((variant) => [variant.itemId, variant.sku])),
  };
}
