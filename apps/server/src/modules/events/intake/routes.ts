import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import type { Committer } from './committer.ts';
import { readBatch, readSingle, type ReadRequest } from './read-request.ts';
import { BODY_BYTES_MAX, inflateBody } from './inflate.ts';

/** Who a write key belongs to. */
export type FindSource = (writeKey: string) => Promise<{ workspaceId: number } | undefined>;

const SINGLE_PATHS: Readonly<Record<string, string>> = {
  identify: 'identify', track: 'track', page: 'page', screen: 'screen', group: 'group', alias: 'alias',
  i: 'identify', t: 'track', p: 'page', s: 'screen', g: 'group', a: 'alias',
};
const BATCH_PATHS = ['batch', 'b', 'import'];

/**
 * Segment's HTTP tracking API. Bad JSON, an oversize body or too many items: 400. An unknown key: 401. A bad item: 200
 * with `errors` naming it, so that no client repeats the good ones. Not written: 503 with Retry-After.
 */
export function registerIntake(app: FastifyInstance, deps: { services: Services; findSource: FindSource; committer: Committer }): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Browsers send text/plain to avoid a preflight, beacons send nothing at all: JSON is what the body is, whatever it says.
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, async (request: FastifyRequest, body: Buffer) =>
      parseBody(await inflateBody(body, request.headers['content-encoding'])),
    );
    for (const [path, type] of Object.entries(SINGLE_PATHS)) {
      scope.post(`/v1/${path}`, (request, reply) =>
        accept(deps, { request, reply, read: (body, receivedAtMs) => readSingle(body, type, receivedAtMs) }),
      );
    }
    for (const path of BATCH_PATHS) {
      scope.post(`/v1/${path}`, (request, reply) => accept(deps, { request, reply, read: readBatch }));
    }
  });
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new AppError('invalid', 'The body is not JSON', {
      details: [{ field: '', message: `${cause instanceof Error ? cause.message : 'malformed'}; send one JSON object` }],
      cause,
    });
  }
}

async function accept(
  deps: { services: Services; findSource: FindSource; committer: Committer },
  call: { request: FastifyRequest; reply: FastifyReply; read: (body: JsonObject, receivedAtMs: number) => ReadRequest },
) {
  const { request, reply } = call;
  const body: unknown = request.body;
  if (!isJsonObject(body)) {
    throw new AppError('invalid', 'The body is not a JSON object', { details: [{ field: '', message: 'send one JSON object' }] });
  }
  const source = await deps.findSource(writeKeyOf(request, body) ?? '');
  if (source === undefined) {
    throw new AppError('unauthenticated', 'The write key is missing or unknown', {
      details: [{ field: 'writeKey', message: 'send it as Basic user name with an empty password, or as "writeKey" in the body' }],
    });
  }
  const read = call.read(body, deps.services.clock.now());
  if (read.kind === 'refused') {
    throw new AppError('invalid', `The request cannot be taken: ${read.message}`, { details: [{ field: read.field, message: read.message }] });
  }
  await deps.committer.commit(source.workspaceId, read.events);
  return reply.send({ success: read.errors.length === 0, accepted: read.events.length, errors: read.errors });
}

/** Basic user name, with or without the colon; else the body's field. */
function writeKeyOf(request: FastifyRequest, body: JsonObject): string | undefined {
  const header = request.headers.authorization;
  if (header?.startsWith('Basic ') === true) {
    const text = Buffer.from(header.slice(6), 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0 ? text : text.slice(0, colon);
  }
  const field = body['writeKey'];
  return typeof field === 'string' ? field : undefined;
}
