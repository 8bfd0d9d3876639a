import type { ShopifyTwin } from '../create-shopify-twin.ts';

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** Calls the twin as an app would. */
export async function getAdmin(twin: ShopifyTwin, path: string, token = twin.accessToken): Promise<AdminAnswer> {
  const url = path.startsWith('http') ? path : `${twin.url}/admin/api/2026-10/${path}`;
  return read(await fetch(url, { headers: { 'x-shopify-access-token': token } }));
}

export async function askGraphql(
  twin: ShopifyTwin,
  query: string,
  { variables = {}, version = '2026-10' }: { variables?: object; version?: string } = {},
): Promise<AdminAnswer> {
  const response = await fetch(`${twin.url}/admin/api/${version}/graphql.json`, {
    method: 'POST',
    headers: { 'x-shopify-access-token': twin.accessToken, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return read(response);
}

async function read(response: Response): Promise<AdminAnswer> {
  const text = await response.text();
  const body = JSON.parse(text) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, text, body };
}

/** Ids as they are written: parsing would round them. */
export const idsIn = (text: string, name = 'id'): string[] =>
  [...text.matchAll(new RegExp(`"${name}":(\\d+)`, 'g'))].map(([, id = '']) => id);
