import { serveApi } from '../../twin/serve-api.ts';
import type { PosBatch, PosBatchAnswer, PosItem } from '../pos-item.ts';

export interface PosReceiver {
  readonly url: string;
  /** What was taken, in the order it was taken. */
  readonly taken: readonly PosItem[];
  readonly batches: readonly PosBatch[];
  /** What is answered from now on: anything but 200 is a fault after the items were taken. */
  answer(status: number): void;
  close(): Promise<void>;
}

/** Takes batches by the rules of a connector: each number once; what depends on order only when everything before it has come. */
export async function startPosReceiver(deviceKey: string): Promise<PosReceiver> {
  const taken: PosItem[] = [];
  const batches: PosBatch[] = [];
  const sequences = new Set<number>();
  let status = 200;
  const through = (): number => {
    let last = 0;
    while (sequences.has(last + 1)) last++;
    return last;
  };
  const take = (item: PosItem): PosBatchAnswer['items'][number] => {
    const { sequence, kind } = item;
    if (sequences.has(sequence)) return { sequence, state: 'repeat' };
    const dependsOnOrder = kind === 'stock_count' || kind === 'cart' || kind === 'customer';
    if (dependsOnOrder && through() + 1 < sequence) return { sequence, state: 'early' };
    sequences.add(sequence);
    taken.push(item);
    return { sequence, state: 'taken' };
  };
  const api = await serveApi({ port: 0, clock: { now: () => 0 } }, ({ headers, body }) => {
    if (headers.authorization !== `Bearer ${deviceKey}`) return { status: 401, body: '{}' };
    const batch = JSON.parse(body.toString('utf8')) as PosBatch;
    batches.push(batch);
    const items = [...batch.items].sort((a, b) => a.sequence - b.sequence).map(take);
    const most = Math.max(0, ...sequences);
    const missing = Array.from({ length: most }, (_, at) => at + 1).filter((one) => !sequences.has(one));
    return { status, body: JSON.stringify({ acceptedThrough: through(), missing, items } satisfies PosBatchAnswer) };
  });
  return {
    ...{ url: api.url, taken, batches },
    answer: (next) => {
      status = next;
    },
    close: () => api.close(),
  };
}
