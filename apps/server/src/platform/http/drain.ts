import type { FastifyInstance } from 'fastify';

/** Whether this process is on its way out: known to the health route before the listener closes. */
export interface Drain {
  readonly isDraining: boolean;
  begin(): void;
}

export function createDrain(): Drain {
  let isDraining = false;
  return {
    get isDraining() {
      return isDraining;
    },
    begin: () => {
      isDraining = true;
    },
  };
}

/** From the beginning of the drain on every answer ends its connection, so that none is left to be cut. */
export function endConnections(app: FastifyInstance, drain: Drain): void {
  app.addHook('onRequest', async (_request, reply) => {
    if (drain.isDraining) reply.header('connection', 'close');
  });
}
