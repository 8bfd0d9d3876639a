import { createManualClock, type ManualClock } from '../../twin/testing/manual-clock.ts';
import { type HookReceiver, startHookReceiver } from '../../twin/testing/hook-receiver.ts';
import { createShopifyTwin, type ShopifyTwin, type ShopifyTwinOptions } from '../create-shopify-twin.ts';

export interface FurnishedShop {
  readonly clock: ManualClock;
  readonly receiver: HookReceiver;
  readonly twin: ShopifyTwin;
  readonly storeId: string;
  readonly warehouseId: string;
  /** 3 in the store, 7 in the warehouse, at 199.00. */
  readonly mugId: string;
  readonly mugItemId: string;
  close(): Promise<void>;
}

/** A shop with two places and one product, that somebody listens to. */
export async function furnishShop(options: Partial<ShopifyTwinOptions> = {}): Promise<FurnishedShop> {
  const clock = createManualClock();
  const receiver = await startHookReceiver();
  const twin = await createShopifyTwin({ clock, seed: 7, deliverTo: receiver.url, ...options });
  const warehouseId = twin.addLocation({ name: 'Warehouse' }).id;
  const storeId = twin.addLocation({ name: 'Harbour store' }).id;
  const product = twin.addProduct({
    ...{ title: 'Morning mist mug', optionNames: ['Colour'] },
    variants: [{ sku: 'MUG', price: '199.00', optionValues: ['Grey'], stock: { [storeId]: 3, [warehouseId]: 7 } }],
  });
  const { id: mugId, itemId: mugItemId } = product.variants[0]!;
  await twin.flush();
  receiver.take();
  return {
    ...{ clock, receiver, twin, storeId, warehouseId, mugId, mugItemId },
    close: async () => {
      await twin.close();
      await receiver.close();
    },
  };
}
