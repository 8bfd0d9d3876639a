export { createPosTwin, type PosTwin, type PosTwinOptions } from './create-pos-twin.ts';
export type { PosBatch, PosBatchAnswer, PosItem, SendPosBatch } from './pos-item.ts';
export { createPosSender } from './send-pos-batch.ts';
export { createTillDesk, type TillDesk } from './till-desk.ts';
export type { ShelfItem } from './till-shelf.ts';
