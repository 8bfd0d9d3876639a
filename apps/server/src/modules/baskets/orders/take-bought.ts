import { type Line, type Lines, saidLater } from '../lines/line.ts';
import type { BoughtLine } from './convert-store.ts';

/**
 * What an order leaves of a cart: pieces bought are gone, what was said after the order stays. Answers the lines that change, and
 * what of the order lay elsewhere. Pure.
 */
export function takeBought(
  lines: Lines,
  order: { readonly lines: readonly BoughtLine[]; readonly placedAtMs: number },
): { changed: Line[]; rest: BoughtLine[] } {
  const left = new Map([...lines].filter(([, line]) => line.quantity > 0 && line.saidAtMs <= order.placedAtMs));
  const changed = new Map<string, Line>();
  const rest = order.lines.flatMap((bought): BoughtLine[] => {
    let { quantity } = bought;
    for (const [key, line] of left) {
      if (quantity === 0 || line.quantity === 0 || !isOf(line, bought)) continue;
      const gone = Math.min(quantity, line.quantity);
      quantity -= gone;
      const after = { ...line, quantity: line.quantity - gone, ...saidLater(line, order.placedAtMs) };
      left.set(key, after);
      changed.set(key, after);
    }
    return quantity === 0 ? [] : [{ ...bought, quantity }];
  });
  return { changed: [...changed.values()], rest };
}

function isOf(line: Line, bought: BoughtLine): boolean {
  if (bought.key !== undefined) return line.key === bought.key;
  if (line.variantId !== null && bought.variantId !== null) return line.variantId === bought.variantId;
  if (line.variantRef !== null && bought.variantRef !== null) return line.variantRef === bought.variantRef;
  if (line.sku !== null && bought.sku !== null) return line.sku === bought.sku;
  return line.productRef !== null && line.productRef === bought.productRef;
}
