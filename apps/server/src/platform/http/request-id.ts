import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What a proxy or a client may name a request: nothing that could carry a value or break a line. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._-]{7,99}$/;

const ownPart = randomBytes(6).toString('hex');
let count = 0;

/** The request's `X-Request-Id` when it is sane, else one of our own: cheap, for intake asks thousands of times a second. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && SANE.test(given)) return given;
  count += 1;
  return `req_${ownPart}${count.toString(36)}`;
}
