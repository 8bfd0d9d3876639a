/** What a browser says about where a call came from. */
export interface CallOrigin {
  readonly method: string;
  readonly hasCookie: boolean;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  /** The `Host` the call was made to. */
  readonly host: string | undefined;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether another site may have made a browser send this call (cross-site request forgery): an unsafe call with a cookie
 * must come from our own pages. `Sec-Fetch-Site` and `Origin` are set by browsers and cannot be set by pages (Fetch
 * Metadata; RFC 6454). Without a cookie only a call that names a foreign origin is refused: it could sign a visitor in
 * as somebody else.
 */
export function isForged(call: CallOrigin, publicUrl: string): boolean {
  if (SAFE_METHODS.includes(call.method)) return false;
  if (call.secFetchSite !== undefined && call.secFetchSite !== 'same-origin') return true;
  if (call.origin !== undefined) return !isOwnOrigin(call.origin, call.host, publicUrl);
  return call.hasCookie && call.secFetchSite === undefined;
}

/** Ours is the public address, or the very host the call was made to: a page cannot make a browser lie about either. */
function isOwnOrigin(origin: string, host: string | undefined, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const given = new URL(origin);
  return given.origin === new URL(publicUrl).origin || (host !== undefined && given.host === host);
}
