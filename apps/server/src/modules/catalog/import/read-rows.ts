import { currencySchema, parseAmountMinor } from '@segue/contract';
import type { PriceInput, ProductInput, ProductStatus, VariantInput } from '../products/product-input.ts';

export interface RowFault {
  /** From 1. */
  readonly row: number;
  readonly field: string;
  readonly message: string;
}

export interface ReadRows {
  readonly products: readonly ProductInput[];
  readonly faults: readonly RowFault[];
  /** Rows that were not taken. */
  readonly failed: number;
}

type Row = Readonly<Record<string, string>>;

/** Columns that tell variants of one product apart. */
const OPTIONS = ['color', 'size', 'material', 'pattern', 'gender', 'age_group'] as const;
const LABELS = ['custom_label_0', 'custom_label_1', 'custom_label_2', 'custom_label_3', 'custom_label_4'] as const;

/**
 * The products of a file: rows of one `item_group_id` are variants of one product, others are products by themselves. Names of
 * columns as in product feeds, in small letters, spaces as underscores. A row at fault is left out and told. Pure.
 */
export function readProductRows(rows: readonly Row[], source: string): ReadRows {
  const faults: RowFault[] = [];
  const groups = new Map<string, { row: Row; variant: VariantInput }[]>();
  const seen = new Set<string>();
  let failed = 0;
  for (const [place, given] of rows.entries()) {
    const row = nameCells(given);
    const found: Omit<RowFault, 'row'>[] = [];
    const variant = variantOf(row, source, found);
    if (variant !== undefined && seen.has(variant.ref.id))
      found.push({ field: 'id', message: 'stands in the file before; give every row an id of its own' });
    if (variant === undefined || found.length > 0) {
      failed += 1;
      faults.push(...found.map((fault) => ({ row: place + 1, ...fault })));
      continue;
    }
    seen.add(variant.ref.id);
    const group = row['item_group_id'] ?? variant.ref.id;
    groups.set(group, [...(groups.get(group) ?? []), { row, variant }]);
  }
  const products = [...groups].map(([id, members]) => productOf(members, { source, id }));
  return { products, faults, failed };
}

/** By the names of the columns of product feeds; empty cells are none. Pure. */
export function nameCells(row: Row): Row {
  const kept = Object.entries(row).map(
    ([name, value]) =>
      [
        name
          .trim()
          .toLowerCase()
          .replace(/^g:/, '')
          .replaceAll(/[\s-]+/g, '_'),
        value.trim(),
      ] as const,
  );
  return Object.fromEntries(kept.filter(([, value]) => value !== ''));
}

function variantOf(row: Row, source: string, faults: Omit<RowFault, 'row'>[]): VariantInput | undefined {
  const id = row['id'];
  if (id === undefined) faults.push({ field: 'id', message: 'is missing; give every row an id' });
  if (row['title'] === undefined) faults.push({ field: 'title', message: 'is missing' });
  const prices = pricesOf(row, faults);
  const cost = amountIn(row, 'cost_of_goods_sold', faults);
  if (id === undefined || row['title'] === undefined) return undefined;
  const options = Object.fromEntries(OPTIONS.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])));
  const title = row['variant_title'] ?? Object.values(options).join(' / ');
  return {
    ref: { source, id },
    ...optional({
      sku: row['sku'] ?? row['mpn'],
      barcode: row['gtin'] ?? row['ean'] ?? row['barcode'],
      title: title === '' ? undefined : title,
    }),
    ...optional({ imageUrl: row['image_link'], url: row['link'] }),
    ...(Object.keys(options).length > 0 && { options }),
    ...(cost !== undefined && { cost }),
    ...(row['availability'] === 'backorder' && { backorder: 'continue' as const }),
    prices,
  };
}

function pricesOf(row: Row, faults: Omit<RowFault, 'row'>[]): PriceInput[] {
  const price = amountIn(row, 'price', faults);
  const sale = amountIn(row, 'sale_price', faults);
  if (price === undefined) return [];
  if (sale === undefined || sale.amountMinor >= price.amountMinor) return [price];
  if (sale.currency !== price.currency) {
    faults.push({
      field: 'sale_price',
      message: `is in another currency than the price; give it in ${price.currency}`,
    });
    return [];
  }
  return [{ ...sale, compareAtMinor: price.amountMinor }];
}

/** "19.99 EUR", "EUR 19.99", or "19.99" beside a column `currency`. */
function amountIn(
  row: Row,
  field: string,
  faults: Omit<RowFault, 'row'>[],
): { amountMinor: number; currency: string } | undefined {
  const text = row[field];
  if (text === undefined) return undefined;
  const match = /^(?:([A-Za-z]{3})\s*)?(\d+(?:[.,]\d+)?)(?:\s*([A-Za-z]{3}))?$/.exec(text);
  const currency = (match?.[1] ?? match?.[3] ?? row['currency'])?.toUpperCase();
  const amountMinor =
    currency === undefined || match === null ? undefined : parseAmountMinor(match[2]!.replace(',', '.'), currency);
  if (amountMinor !== undefined && currencySchema.safeParse(currency).success)
    return { amountMinor, currency: currency! };
  faults.push({ field, message: 'is no amount; write it like "19.99 EUR"' });
  return undefined;
}

function productOf(
  members: readonly { row: Row; variant: VariantInput }[],
  ref: { source: string; id: string },
): ProductInput {
  const { row } = members[0]!;
  const images = [row['image_link'], ...(row['additional_image_link'] ?? '').split(',')].map((one) => one?.trim());
  const tags = [...(row['tags'] ?? '').split(','), ...LABELS.map((label) => row[label] ?? '')].map((tag) => tag.trim());
  const average = Number(row['rating'] ?? Number.NaN);
  const names = OPTIONS.filter((name) => members.some(({ variant }) => variant.options?.[name] !== undefined));
  const isAlone = members.length === 1;
  return {
    ref,
    title: row['title']!,
    ...optional({
      description: row['description'],
      vendor: row['brand'] ?? row['vendor'],
      productType: row['product_type'] ?? row['google_product_category'],
    }),
    ...optional({ url: row['link'] }),
    status: statusOf(row['status']),
    tags: [...new Set(tags.filter((tag) => tag !== ''))],
    media: [...new Set(images.filter((one) => one !== undefined && one !== ''))].map((url) => ({
      url: url!,
      kind: 'image' as const,
    })),
    collections: (row['collections'] ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
    options: isAlone
      ? []
      : names.map((name) => ({
          name,
          values: [...new Set(members.flatMap(({ variant }) => variant.options?.[name] ?? []))],
        })),
    ...(Number.isFinite(average) && {
      rating: { average, count: Math.max(0, Math.floor(Number(row['rating_count'] ?? 0)) || 0) },
    }),
    variants: members.map(({ variant }) => variant),
  };
}

function statusOf(text: string | undefined): ProductStatus {
  return text === 'draft' || text === 'archived' ? text : 'active';
}

function optional<T extends Record<string, string | undefined>>(fields: T): { [Key in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: string;
  };
}
