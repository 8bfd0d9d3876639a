const TIMEOUT_MS = 15_000;

/** An answer of the management API that is not a success. */
export class ApiRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiRefusal';
    this.status = status;
  }
}

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: object): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export function createApiClient(server: string, apiKey: string): ApiClient {
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(new URL(path, server), {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new ApiRefusal(response.status, `${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
  };
}

/** The first item of a list with this name, over all its pages. */
export async function findByName<T extends { name: string }>(
  api: ApiClient,
  path: string,
  name: string,
): Promise<T | undefined> {
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await api.get<Page<T>>(`${path}?limit=100${query}`);
    const found = page.items.find((item) => item.name === name);
    if (found !== undefined) return found;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return undefined;
}
