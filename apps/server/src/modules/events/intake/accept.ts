import type { IncomingHttpHeaders } from 'node:http';
import type { Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { isJsonObject } from '../../../platform/json.ts';
import type { Source } from '../../accounts/index.ts';
import { type IdentifierReader, identifierReaderOf } from '../../profiles/index.ts';
import type { RejectionLog } from '../sources/rejection-log.ts';
import type { Committer } from './committer.ts';
import { intakeMetrics } from './intake-metrics.ts';
import type { RateLimit } from './rate-limit.ts';
import { type ItemError, readBatch, readSingle } from './read-request.ts';
import type { Sender } from './sender.ts';
import { writeKeyOf } from './write-key.ts';

/** Who a write key belongs to. */
export type FindSource = (writeKey: string) => Promise<Source | undefined>;

export interface AcceptDeps {
  readonly services: Services;
  readonly findSource: FindSource;
  readonly committer: Committer;
  readonly rateLimit: RateLimit;
  readonly rejections: RejectionLog;
}

/** Events as they came, with all that was said beside them. */
export interface Submission {
  /** `batch`, or the type of the one event that the body is. */
  readonly form: string;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly sender: Sender;
  readonly itemBytesMax?: number;
}

/** What was taken, and what is wrong with each item that was not. */
export interface Accepted {
  readonly success: boolean;
  readonly accepted: number;
  readonly errors: readonly ItemError[];
}

const WRITE_KEY_LENGTH_MAX = 200;

/** Takes what a request holds: resolves once every good event is durable. Throws what stops the whole request. */
export async function accept(deps: AcceptDeps, submission: Submission): Promise<Accepted> {
  const { body, form, headers, query, sender, itemBytesMax } = submission;
  if (!isJsonObject(body)) {
    throw new AppError('invalid', 'The body is not a JSON object', {
      details: [{ field: '', message: 'send one JSON object' }],
    });
  }
  const source = await requireSource(deps, writeKeyOf({ headers, query, body }));
  const receivedAtMs = deps.services.clock.now();
  const { workspaceId, number, isTrusted } = source;
  const reader = await readerOf(deps, workspaceId);
  const receipt = { receivedAtMs, source: number, isTrusted, reader, sender, itemBytesMax };
  const read = form === 'batch' ? readBatch(body, receipt) : readSingle(body, form, receipt);
  if (read.kind === 'refused') {
    deps.rejections.rejectRequest(source, { field: read.field, reason: read.message, item: body });
    throw new AppError('invalid', `The request cannot be taken: ${read.message}`, {
      details: [{ field: read.field, message: read.message }],
    });
  }
  const retryAfterSeconds = deps.rateLimit.take(workspaceId, read.events.length, receivedAtMs);
  if (retryAfterSeconds !== undefined) {
    throw new AppError('rate_limited', 'More events a second than this workspace may send; repeat later', {
      retryAfterSeconds,
    });
  }
  await deps.committer.commit({ workspaceId, events: read.events, sizeBytes: read.sizeBytes });
  if (read.errors.length > 0) {
    deps.rejections.rejectItems(source, { form, body, errors: read.errors });
    intakeMetrics(deps.services).events.inc({ outcome: 'rejected' }, read.errors.length);
  }
  return { success: read.errors.length === 0, accepted: read.events.length, errors: read.errors };
}

/** The source of a write key, enabled or not; undefined when there is none. */
export async function findSource(deps: AcceptDeps, writeKey: string | undefined): Promise<Source | undefined> {
  // No key is that long or holds NUL, which a database text cannot.
  if (writeKey === undefined || writeKey.length > WRITE_KEY_LENGTH_MAX || writeKey.includes('\0')) return undefined;
  try {
    return await deps.findSource(writeKey);
  } catch (cause) {
    throw notLookedUp(deps, 'write key', cause);
  }
}

async function readerOf(deps: AcceptDeps, workspaceId: number): Promise<IdentifierReader> {
  try {
    return await identifierReaderOf(deps.services, workspaceId);
  } catch (cause) {
    throw notLookedUp(deps, 'rules of identity', cause);
  }
}

function notLookedUp(deps: AcceptDeps, what: string, cause: unknown): AppError {
  deps.services.logger.warn({ error: cause }, `the ${what} could not be looked up; the sender is told to repeat`);
  return new AppError('unavailable', `The ${what} could not be looked up; repeat shortly`, {
    retryAfterSeconds: 1,
    cause,
  });
}

async function requireSource(deps: AcceptDeps, writeKey: string | undefined): Promise<Source> {
  const source = await findSource(deps, writeKey);
  if (source === undefined) {
    deps.rejections.rejectStranger(writeKey === undefined ? 'no_key' : 'unknown_key');
    throw unknownKey();
  }
  if (!source.isEnabled) {
    deps.rejections.rejectRequest(source, {
      field: 'writeKey',
      reason: 'the source is disabled; enable it or stop sending',
    });
  }
  // The words RudderStack's clients know; like them, Segment's drop what is answered so.
  if (!source.isEnabled) throw new AppError('not_found', 'source is disabled');
  return source;
}

export function unknownKey(): AppError {
  return new AppError('unauthenticated', 'The write key is missing or unknown', {
    details: [
      {
        field: 'writeKey',
        message: 'send it as Basic user name with an empty password, or as "writeKey" in the body',
      },
    ],
  });
}
