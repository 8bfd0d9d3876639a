import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Logger } from '../logger/index.ts';
import { routeOf } from './observe-requests.ts';
import { requestIdOf } from './request-id.ts';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
};
const JSON_BODY_BYTES_MAX = 1024 * 1024;

export interface HttpServerOptions {
  /** Whose word about the connection before theirs is believed; undefined: nobody's. */
  readonly trustProxy?: ((address: string, hop: number) => boolean) | undefined;
  /** Whether a path that is no endpoint of the contract is known to whoever says what may be called. Default: every one. */
  readonly isOpenPath?: (url: string) => boolean;
}

/** The one HTTP server: errors leave as problem+json (RFC 9457), an `/api/v1` route that is not in the contract does not start. */
export function createHttpServer(logger: Logger, options: HttpServerOptions = {}): FastifyInstance {
  const app = Fastify({
    trustProxy: options.trustProxy ?? false,
    bodyLimit: JSON_BODY_BYTES_MAX,
    // Senders repeat what was not acknowledged; a request under way at shutdown is still answered.
    forceCloseConnections: 'idle',
    keepAliveTimeout: 72_000,
    requestTimeout: 30_000,
    // What still comes in over an open connection while the rest is being answered is answered too.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 4_096 },
  });
  app.addHook('onRoute', (route) => {
    if (route.config?.endpoint !== undefined || route.method === 'HEAD') return;
    const name = `route ${String(route.method)} ${route.url}`;
    if (route.url.startsWith('/api/v1')) throw new Error(`${name} is no endpoint of the contract`);
    if (options.isOpenPath?.(route.url) === false) throw new Error(`${name} does not say who may call it`);
  });
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  app.setErrorHandler((error: FastifyError | AppError, request, reply) =>
    sendProblem(logger, { error, request, reply }),
  );
  app.setNotFoundHandler((request, reply) =>
    sendProblem(logger, {
      error: new AppError('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}`),
      request,
      reply,
    }),
  );
  return app;
}

function sendProblem(
  logger: Logger,
  call: { error: FastifyError | AppError; request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { request, reply } = call;
  const error = toAppError(call.error, request);
  if (error === undefined) {
    const { id: requestId, method } = request;
    logger.error({ error: call.error, requestId, method, route: routeOf(request) }, 'a request failed');
    return reply.code(500).type('application/problem+json').send({
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      code: 'internal',
      requestId: request.id,
      detail: 'Segue could not do this. Nothing was changed; the log of the server says why.',
    });
  }
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  return reply.code(STATUS[error.code]).type('application/problem+json').send({
    type: 'about:blank',
    title: error.message,
    status: STATUS[error.code],
    code: error.code,
    requestId: request.id,
    errors: error.details,
  });
}

/** What is wrong and what to do about it, by the code of Fastify's own refusals. */
const REMEDIES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send a JSON document, or leave out the header Content-Type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON; check its quotes, commas and brackets',
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    'the body is of a kind nobody reads here; send JSON with "Content-Type: application/json"',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is too large; send less at once',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH:
    'the body is not as long as its header Content-Length says; send the right length',
};

/** What Fastify itself refuses, in our codes. Under `/v1` an oversize body is a 400, as Segment's clients expect. */
function toAppError(error: FastifyError | AppError, request: FastifyRequest): AppError | undefined {
  if (error instanceof AppError) return error;
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return undefined;
  const tooLarge = status === 413 && request.routeOptions.url?.startsWith('/v1/') !== true;
  const code: ErrorCode = tooLarge ? 'too_large' : status === 404 ? 'not_found' : 'invalid';
  const message = REMEDIES[error.code] ?? error.message;
  return new AppError(code, 'The request cannot be read', { details: [{ field: '', message }], cause: error });
}
