import { createContext, type Services } from '../../platform/context.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { messageEvent } from './message-events.ts';
import { findStrandedMessages, markUnknown } from './outcome-store.ts';
import type { SendDeps } from './ports.ts';

const BATCH_MESSAGES_MAX = 500;
const REASON = 'the process that sent it ended before it knew';

/**
 * One round of recovery: messages a dead process left in `sending` become `unknown`. They may have reached the customer,
 * so they are never sent again and stay counted. Answers how many there were.
 */
export async function recoverMessages(
  services: Services,
  deps: Pick<SendDeps, 'processId' | 'inFlight'>,
): Promise<number> {
  const stranded = await findStrandedMessages(services.postgres, {
    processId: deps.processId,
    inFlight: [...deps.inFlight],
    limit: BATCH_MESSAGES_MAX,
  });
  let recovered = 0;
  for (const [workspaceId, found] of stranded) {
    // Again, for what was decided between the look at the set and the query.
    const ids = found.filter((id) => !deps.inFlight.has(id));
    const ctx = createContext(services, workspaceId, { kind: 'system', name: 'messaging' });
    recovered += await inTransaction(ctx, async (ctx) => {
      const now = ctx.clock.now();
      const messages = await markUnknown(ctx.sql, workspaceId, { ids, reason: REASON, now });
      for (const message of messages) ctx.emit(messageEvent('Message Unknown', message, { now, reason: REASON }));
      return messages.length;
    });
  }
  return recovered;
}
