import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '../errors.ts';
import type { Logger } from '../logger/index.ts';

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

/** The one HTTP server: errors leave as problem+json (RFC 9457), an `/api/v1` route without a scope does not start. */
export function createHttpServer(logger: Logger): FastifyInstance {
  const app = Fastify({
    bodyLimit: JSON_BODY_BYTES_MAX,
    // Senders repeat what was not acknowledged; a request under way at shutdown is still answered.
    forceCloseConnections: 'idle',
    keepAliveTimeout: 72_000,
    requestTimeout: 30_000,
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: 4_096 },
  });
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/api/v1') && route.config?.scope === undefined && route.method !== 'HEAD') {
      throw new Error(`route ${String(route.method)} ${route.url} names no scope`);
    }
  });
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
    logger.error({ error: call.error, method: request.method, route: request.routeOptions.url }, 'a request failed');
    return reply.code(500).type('application/problem+json').send({
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      code: 'internal',
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
    errors: error.details,
  });
}

/** What Fastify itself refuses, in our codes. Under `/v1` an oversize body is a 400, as Segment's clients expect. */
function toAppError(error: FastifyError | AppError, request: FastifyRequest): AppError | undefined {
  if (error instanceof AppError) return error;
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return undefined;
  const tooLarge = status === 413 && request.routeOptions.url?.startsWith('/v1/') !== true;
  const code: ErrorCode = tooLarge ? 'too_large' : status === 404 ? 'not_found' : 'invalid';
  return new AppError(code, error.message, { details: [{ field: '', message: error.message }], cause: error });
}
