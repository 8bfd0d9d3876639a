import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import type { Committer } from './committer.ts';
import { readBatch, readSingle, type ReadRequest } from './read-request.ts';
import { BODY_BYTES_MAX, inflateBody } from './inflate.ts';
import { MemoryBound } from './memory-bound.ts';

/** Who a write key belongs to. */
export type FindSource = (writeKey: string) => Promise<{ workspaceId: number } | undefined>;

const SINGLE_PATHS: Readonly<Record<string, string>> = {
  identify: 'identify',
  track: 'track',
  page: 'page',
  screen: 'screen',
  group: 'group',
  alias: 'alias',
  i: 'identify',
  t: 'track',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
};
const BATCH_PATHS = ['batch', 'b', 'import'];

/** Text of requests not answered yet; as objects it takes three to four times as much. Seconds of full load. */
const HELD_CHARS_MAX = 48_000_000;
const WRITE_KEY_LENGTH_MAX = 200;

/** A body and how long it was as text. */
interface Body {
  readonly value: unknown;
  readonly chars: number;
}

interface Deps {
  readonly services: Services;
  readonly findSource: FindSource;
  readonly committer: Committer;
}

/**
 * Segment's HTTP tracking API. Bad JSON, an oversize body or too many items: 400. An unknown key: 401. A bad item: 200
 * with `errors` naming it, so that no client repeats the good ones. Not written: 503 with Retry-After.
 */
export function registerIntake(app: FastifyInstance, deps: Deps): void {
  const bound = new MemoryBound(HELD_CHARS_MAX);
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => {
      bound.refuseWhenFull();
      // Browsers send text/plain to avoid a preflight, beacons nothing at all, others worse: the body is JSON, whatever it says.
      request.raw.headers['content-type'] = 'application/json';
    });
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
      async (request: FastifyRequest, body: Buffer) =>
        parseBody(await inflateBody(body, request.headers['content-encoding'])),
    );
    const handle = (read: Read) => async (request: FastifyRequest, reply: FastifyReply) =>
      reply.send(await bound.hold((request.body as Body | undefined)?.chars ?? 0, () => accept(deps, request, read)));
    for (const [path, type] of Object.entries(SINGLE_PATHS)) {
      scope.post(
        `/v1/${path}`,
        handle((body, receivedAtMs) => readSingle(body, type, receivedAtMs)),
      );
    }
    for (const path of BATCH_PATHS) scope.post(`/v1/${path}`, handle(readBatch));
  });
}

type Read = (body: JsonObject, receivedAtMs: number) => ReadRequest;

function parseBody(text: string): Body {
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

async function accept(deps: Deps, request: FastifyRequest, reader: Read): Promise<object> {
  const body = (request.body as Body | undefined)?.value;
  if (!isJsonObject(body)) {
    throw new AppError('invalid', 'The body is not a JSON object', {
      details: [{ field: '', message: 'send one JSON object' }],
    });
  }
  const source = await findSource(deps, writeKeyOf(request, body));
  if (source === undefined) {
    throw new AppError('unauthenticated', 'The write key is missing or unknown', {
      details: [
        {
          field: 'writeKey',
          message: 'send it as Basic user name with an empty password, or as "writeKey" in the body',
        },
      ],
    });
  }
  const read = reader(body, deps.services.clock.now());
  if (read.kind === 'refused') {
    throw new AppError('invalid', `The request cannot be taken: ${read.message}`, {
      details: [{ field: read.field, message: read.message }],
    });
  }
  await deps.committer.commit({ workspaceId: source.workspaceId, events: read.events, sizeBytes: read.sizeBytes });
  return { success: read.errors.length === 0, accepted: read.events.length, errors: read.errors };
}

async function findSource(deps: Deps, writeKey: string | undefined): Promise<{ workspaceId: number } | undefined> {
  // No key is that long or holds NUL, which a database text cannot.
  if (writeKey === undefined || writeKey.length > WRITE_KEY_LENGTH_MAX || writeKey.includes('\0')) return undefined;
  try {
    return await deps.findSource(writeKey);
  } catch (cause) {
    deps.services.logger.warn({ error: cause }, 'a write key could not be looked up; its sender is told to repeat');
    throw new AppError('unavailable', 'The write key could not be looked up; repeat shortly', {
      retryAfterSeconds: 1,
      cause,
    });
  }
}

/** Basic user name, with or without the colon; else the body's field. */
function writeKeyOf(request: FastifyRequest, body: JsonObject): string | undefined {
  const [, credentials] = /^Basic +(\S+)/i.exec(request.headers.authorization ?? '') ?? [];
  const [userName = ''] = Buffer.from(credentials ?? '', 'base64')
    .toString('utf8')
    .split(':', 1);
  if (userName !== '') return userName;
  const field = body['writeKey'];
  return typeof field === 'string' && field !== '' ? field : undefined;
}
