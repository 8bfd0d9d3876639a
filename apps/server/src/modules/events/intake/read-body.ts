import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../platform/errors.ts';
import { inflateBody } from './inflate.ts';
import { ITEM_BYTES_MAX } from './read-item.ts';
import { readForm } from './read-form.ts';

/** The largest body of any client. */
export const BODY_BYTES_MAX = 1024 * 1024;

/** What a request may weigh. */
export interface Limits {
  /** Compressed or not, and unpacked. */
  readonly bodyBytesMax: number;
  readonly itemBytesMax: number;
}

/** As Segment takes it. */
const SEGMENT_LIMITS: Limits = { bodyBytesMax: 500 * 1024, itemBytesMax: ITEM_BYTES_MAX };
/** RudderStack's browser SDK fills batches to 512 KB, and sends an event of any size after a warning. */
const RUDDERSTACK_LIMITS: Limits = { bodyBytesMax: BODY_BYTES_MAX, itemBytesMax: 512 * 1024 };

/** RudderStack's SDKs tell themselves by a header; their beacons, which cannot carry one, by the path. */
export function limitsOf(headers: IncomingHttpHeaders, url: string): Limits {
  return headers['anonymousid'] !== undefined || url.includes('beacon/') ? RUDDERSTACK_LIMITS : SEGMENT_LIMITS;
}

/** A body and how long it was as text. */
export interface Body {
  readonly value: unknown;
  readonly chars: number;
}

/** JSON whatever the content type says, except for a form that holds none: of an old browser, or a template's author. */
export async function readBody(
  body: Buffer,
  request: { headers: IncomingHttpHeaders; isForm: boolean; limits: Limits },
): Promise<Body> {
  const text = await inflateBody(body, {
    encoding: request.headers['content-encoding'],
    bytesMax: request.limits.bodyBytesMax,
  });
  if (request.isForm && !/^\s*[{[]/.test(text))
    return { value: readForm(new URLSearchParams(text)), chars: text.length };
  try {
    return { value: JSON.parse(text) as unknown, chars: text.length };
  } catch (cause) {
    throw new AppError('invalid', 'The body is not JSON', {
      details: [
        { field: '', message: `${cause instanceof Error ? cause.message : 'malformed'}; send one JSON object` },
      ],
      cause,
    });
  }
}
