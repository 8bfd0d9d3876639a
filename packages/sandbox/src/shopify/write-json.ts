/** JSON as Shopify writes it: a `bigint` is a bare number, however long. */
export type ShopifyJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ShopifyJson[]
  | { readonly [key: string]: ShopifyJson | undefined };
export type ShopifyObject = { readonly [key: string]: ShopifyJson | undefined };

export function writeJson(value: ShopifyJson): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one: ShopifyJson) => writeJson(one)).join(',')}]`;
  const fields = Object.entries(value).flatMap(([key, one]) =>
    one === undefined ? [] : [`${JSON.stringify(key)}:${writeJson(one)}`],
  );
  return `{${fields.join(',')}}`;
}
