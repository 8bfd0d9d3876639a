/** An answer to a request of the sandbox's web port. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  /** Content-Security-Policy; `PAGE_POLICY` when left out. */
  readonly policy?: string;
}

export interface WebRequest {
  readonly method: string;
  readonly url: URL;
  /** The parsed JSON of the body; undefined when there is none. */
  readonly body: unknown;
}

/** Answers a request, or leaves it to the next. */
export type Answerer = (request: WebRequest) => Reply | undefined | Promise<Reply | undefined>;

/** Own files only: no script, style or frame from anywhere else, nothing inline. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function json(status: number, value: unknown): Reply {
  return { status, body: JSON.stringify(value), contentType: 'application/json; charset=utf-8' };
}

export function problem(status: number, detail: string): Reply {
  return { status, body: JSON.stringify({ status, detail }), contentType: 'application/problem+json' };
}

export function file(contentType: 'text/html' | 'text/css' | 'text/javascript' | 'image/svg+xml', body: string): Reply {
  return { status: 200, body, contentType: `${contentType}; charset=utf-8` };
}
