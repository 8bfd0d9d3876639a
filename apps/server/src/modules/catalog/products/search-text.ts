import type { ProductInput } from './product-input.ts';

/** Letters without their marks, in small: "Crème brûlée" is found by "creme brulee". Pure. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('ø', 'o')
    .replaceAll('œ', 'oe');
}

/** What a product is found by: its name and codes first, then its kind, then its texts. */
export function searchTexts(product: ProductInput) {
  const codes = product.variants.flatMap(({ sku, barcode, title }) => [sku, barcode, title]);
  const said = (parts: readonly (string | undefined)[]) =>
    foldText(parts.filter((part) => part !== undefined).join(' '));
  return {
    search_name: said([product.title, ...codes]),
    search_kind: said([product.vendor, product.productType, ...(product.tags ?? []), ...(product.collections ?? [])]),
    search_text: said([product.description?.replaceAll(/<[^>]*>/g, ' ')]),
  };
}

/** The words somebody looks for. Pure. */
export function wordsOf(text: string): string[] {
  return (foldText(text).match(/[\p{Letter}\p{Number}]+/gu) ?? []).slice(0, 20);
}

/**
 * A query of the search engine: every word as a prefix, all of them wanted; of one that was mistyped, any that may be meant.
 * `weights`: only in texts of these. Undefined: nothing is asked. Pure.
 */
export function searchQuery(
  words: readonly string[],
  meant: ReadonlyMap<string, readonly string[]>,
  weights = '',
): string | undefined {
  if (words.length === 0) return undefined;
  return words
    .map((word) => {
      const own = (meant.get(word) ?? [word]).map((one) => `${one}:*${weights}`);
      return own.length === 1 ? own[0] : `(${own.join(' | ')})`;
    })
    .join(' & ');
}
