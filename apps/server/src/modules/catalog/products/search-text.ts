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

/** A query of the search engine: every word as a prefix, all of them wanted. Undefined: nothing is asked. Pure. */
export function searchQuery(text: string): string | undefined {
  const words = foldText(text).match(/[\p{Letter}\p{Number}]+/gu) ?? [];
  return words.length === 0
    ? undefined
    : words
        .slice(0, 20)
        .map((word) => `${word}:*`)
        .join(' & ');
}
