import { type BufferRow, EVERY_ITEM } from './reservation-store.ts';

/**
 * What a channel may take of an item of which `room` could be: less its buffer, at most its cap (ATS). Pure.
 *
 * @example sellableOf([{ channel: 'web', item_id, buffer: 2, cap: null }], { channel: 'web', itemId: item_id })(10) // 8
 */
export function sellableOf(
  buffers: readonly BufferRow[],
  { channel, itemId }: { channel: string | undefined; itemId: string },
): (room: number) => number {
  const own = buffers.filter((row) => row.channel === channel);
  const row = own.find((one) => one.item_id === itemId) ?? own.find((one) => one.item_id === EVERY_ITEM);
  if (row === undefined) return (room) => room;
  return (room) => Math.max(0, Math.min(room - row.buffer, row.cap ?? Number.POSITIVE_INFINITY));
}
