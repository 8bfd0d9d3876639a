export const LEVEL_FIELDS = ['on_hand', 'unavailable', 'reserved', 'incoming', 'preordered'] as const;
/** What is counted of an item at a location. Each is the sum of its movements. */
export type LevelField = (typeof LEVEL_FIELDS)[number];

export interface LevelKey {
  readonly itemId: string;
  readonly locationId: string;
}

/** How much of an item lies at a location. */
export interface Level extends LevelKey {
  readonly counts: Readonly<Record<LevelField, number>>;
  readonly backorderLimit: number;
  /** null: as much as is coming. */
  readonly preorderLimit: number | null;
  /** Reserved, and then it turned out not to be there. */
  readonly shortfall: number;
  readonly preorderShortfall: number;
  readonly version: number;
}

export function keyOf({ itemId, locationId }: LevelKey): string {
  return `${itemId}/${locationId}`;
}

/** In the order in which levels are always locked. */
export function byKey(a: LevelKey, b: LevelKey): number {
  const left = keyOf(a);
  const right = keyOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What lies there for anybody: on hand, less what is unusable, less what is set apart. Below 0 it is owed. Pure. */
export function availableOf({ counts }: Pick<Level, 'counts'>): number {
  return counts.on_hand - counts.unavailable - counts.reserved;
}

/** How much more can be set apart, with what may be owed. Pure. */
export function roomOf(level: Level): number {
  const { counts, backorderLimit } = level;
  return Math.max(0, Math.max(0, counts.on_hand - counts.unavailable + backorderLimit) - counts.reserved);
}

/** How much more can be promised out of what is coming. Pure. */
export function preorderRoomOf({ counts, preorderLimit }: Level): number {
  return Math.max(0, Math.min(preorderLimit ?? counts.incoming, counts.incoming) - counts.preordered);
}

/** What outside truth took away under reservations: the last guard of the table allows for it. Pure. */
export function shortfallOf({ counts, backorderLimit }: Pick<Level, 'counts' | 'backorderLimit'>): number {
  return Math.max(0, counts.reserved - Math.max(0, counts.on_hand - counts.unavailable + backorderLimit));
}

export function preorderShortfallOf({ counts, preorderLimit }: Pick<Level, 'counts' | 'preorderLimit'>): number {
  return Math.max(0, counts.preordered - (preorderLimit ?? counts.incoming));
}
