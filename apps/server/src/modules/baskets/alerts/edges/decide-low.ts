/** Plenty again: it has to have been at twice the threshold before little of it is news once more. Pure. */
export function plentyFrom(lowStock: number): number {
  return lowStock * 2;
}

/**
 * What a change of stock makes of a variant there is little or plenty of. Only coming down from above the threshold is an edge:
 * not what is put on sale with few pieces, not what is sold out at once, and not what wavers around it. Pure.
 */
export function decideLow(
  change: { readonly isLow: boolean; readonly before: number; readonly after: number },
  lowStock: number,
): { isLow: boolean; isEdge: boolean } {
  const { isLow, before, after } = change;
  if (lowStock <= 0) return { isLow: false, isEdge: false };
  if (isLow) return { isLow: after < plentyFrom(lowStock), isEdge: false };
  if (after > lowStock) return { isLow: false, isEdge: false };
  return { isLow: true, isEdge: after > 0 && before > lowStock };
}
