import type { StockNews } from '../../../inventory/index.ts';

/** A variant that is there, as the last of the news says. */
export interface There {
  readonly variantId: string;
  /** Null: somewhere. */
  readonly locationId: string | null;
  /** The place of the news that brought it from 0; else of the last that told of it. */
  readonly edge: number;
  /** It came from 0 in these news. */
  readonly isEdge: boolean;
}

export interface ReadNews {
  readonly there: readonly There[];
  /** Sold out, as the last of the news says. */
  readonly gone: readonly { readonly variantId: string; readonly locationId: string | null }[];
  /** Totals of items one after the other. */
  readonly totals: readonly {
    readonly variantId: string;
    readonly before: number;
    readonly after: number;
    readonly seq: number;
  }[];
  /** Bundles, of which a part has changed: what there is of them is asked. */
  readonly bundles: readonly { readonly variantId: string; readonly edge: number }[];
  /** What is coming comes at another time. */
  readonly due: readonly { readonly variantId: string; readonly edge: number }[];
}

/** What news in their order come to, variant by variant and place by place. `bundles`: of an item. Pure. */
export function readNews(news: readonly StockNews[], bundles: ReadonlyMap<string, readonly string[]>): ReadNews {
  const places = new Map<string, There & { readonly isThere: boolean }>();
  const due = new Map<string, number>();
  const made = new Map<string, number>();
  const totals: ReadNews['totals'][number][] = [];
  const note = (
    place: { variantId: string; locationId: string | null },
    counts: { before: number; after: number; seq: number },
  ) => {
    const key = `${place.variantId} ${place.locationId ?? ''}`;
    const known = places.get(key);
    const isCrossing = counts.before <= 0 && counts.after > 0;
    const isThere = counts.after > 0;
    const isEdge = isThere && (isCrossing || known?.isEdge === true);
    places.set(key, { ...place, isThere, isEdge, edge: isCrossing || known === undefined ? counts.seq : known.edge });
  };
  for (const one of news) {
    const { itemId, locationId, seq } = one;
    const parts = bundles.get(itemId) ?? [];
    if (one.kind === 'due') for (const variantId of [itemId, ...parts]) due.set(variantId, seq);
    else {
      const { totalBefore, totalAfter } = one;
      note({ variantId: itemId, locationId: null }, { before: totalBefore, after: totalAfter, seq });
      note({ variantId: itemId, locationId }, one);
      totals.push({ variantId: itemId, before: totalBefore, after: totalAfter, seq });
      for (const variantId of parts) made.set(variantId, seq);
    }
  }
  const all = [...places.values()];
  const withEdge = (map: ReadonlyMap<string, number>) => [...map].map(([variantId, edge]) => ({ variantId, edge }));
  return {
    there: all
      .filter(({ isThere }) => isThere)
      .map(({ variantId, locationId, edge, isEdge }) => ({ variantId, locationId, edge, isEdge })),
    gone: all.filter(({ isThere }) => !isThere).map(({ variantId, locationId }) => ({ variantId, locationId })),
    totals,
    bundles: withEdge(made),
    due: withEdge(due),
  };
}
