import type { FastifyInstance } from 'fastify';
import type { Services } from './context.ts';
import { isAppendable } from './eventlog/index.ts';
import type { Drain } from './http/index.ts';

const HEALTH_TIMEOUT_MS = 2_000;

/**
 * `GET /api/health`: 200 only when an event sent now would be accepted, or a worker could process one; 503 with
 * `status` `unavailable`, or `draining` once the process is on its way out.
 */
export function registerHealth(app: FastifyInstance, services: Services, drain: Drain): void {
  app.get('/api/health', async (_request, reply) => {
    const [reachable, history] = await Promise.all([
      inTime(isAppendable(services.postgres)),
      inTime(services.history.ping()),
    ]);
    const accepting = reachable && !drain.isDraining;
    const status = drain.isDraining ? 'draining' : accepting ? 'ok' : 'unavailable';
    return reply
      .code(accepting ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status, accepting, history });
  });
}

async function inTime(answer: Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, HEALTH_TIMEOUT_MS, false).unref());
  return Promise.race([answer.catch(() => false), late]);
}
