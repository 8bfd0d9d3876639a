/** What opens a path that is no endpoint of the management API. */
type OpenedBy =
  /** Nothing: anybody may read it. */
  | 'nobody'
  /** A write key of a source. */
  | 'write key'
  /** A signature over the body. */
  | 'signed body'
  /** A token in the path that only Segue can have signed. */
  | 'signed link'
  /** The session cookie, or what it takes to get one; the route itself looks. */
  | 'session'
  | 'metrics token';

/**
 * Every path outside `/api/v1`, and what opens it. A route under none of these does not start: whoever adds one says here
 * who may call it. A path that ends in "/" stands for all below it.
 */
export const OPEN_PATHS: Readonly<Record<string, OpenedBy>> = {
  '/v1/': 'write key',
  '/batch': 'write key',
  '/batch/': 'write key',
  '/b': 'write key',
  '/b/': 'write key',
  '/beacon/': 'write key',
  '/pixel/': 'write key',
  '/sourceConfig': 'write key',
  '/sourceConfig/': 'write key',
  '/rsaMetrics': 'nobody',
  '/t/': 'signed link',
  '/m/': 'signed link',
  '/p/': 'signed link',
  '/hooks/shopify/': 'signed body',
  '/hooks/connectors/': 'signed body',
  '/hooks/pos/': 'signed body',
  '/api/auth/': 'session',
  '/metrics': 'metrics token',
  '/api/health': 'nobody',
  '/api/openapi.json': 'nobody',
  '/api/docs': 'nobody',
  '/*': 'nobody',
};

/** Whether the table says who may call this. */
export function isOpenPath(url: string): boolean {
  return Object.keys(OPEN_PATHS).some((path) => url === path || (path.endsWith('/') && url.startsWith(path)));
}
