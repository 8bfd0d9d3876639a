import { API_KEY } from './server-process.ts';

/** One page of a list. */
interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  /** Every item of a list, over all its pages. */
  list<T>(path: string): Promise<T[]>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
}

/** The management API, as a program of the shop's own would use it. */
export function createApiClient(url: string): ApiClient {
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(10_000),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const get = <T>(path: string): Promise<T> => send<T>('GET', path);
  return {
    get,
    list: async <T>(path: string): Promise<T[]> => {
      const items: T[] = [];
      const first = `${path}${path.includes('?') ? '&' : '?'}limit=100`;
      for (let page = await get<Page<T>>(first); ;) {
        items.push(...page.items);
        if (page.nextCursor === null) return items;
        page = await get<Page<T>>(`${first}&cursor=${encodeURIComponent(page.nextCursor)}`);
      }
    },
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
  };
}
