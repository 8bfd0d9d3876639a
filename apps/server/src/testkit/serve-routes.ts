import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../platform/context.ts';
import { createHttpServer, createServe, type Routes } from '../platform/http/index.ts';
import { createLogger } from '../platform/logger/index.ts';
import { checkAnswers } from './check-answers.ts';

/** Routes on a server of their own that keeps to the contract, where whoever calls is the one `contextOf` answers. */
export function serveRoutes(routes: readonly Routes[], contextOf: () => Ctx): FastifyInstance {
  const app = createHttpServer(createLogger('silent'));
  checkAnswers(app);
  const serve = createServe(app, { contextOf });
  for (const register of routes) register(serve, app);
  return app;
}
