import type { SendBatchBody, SendBatchResult } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { presentMessage } from './present-message.ts';
import { sendMessage } from './send-message.ts';

/**
 * Queues many messages, each by itself: one that is refused says why and stops no other. A repeat of the whole answers the same
 * messages and sends nothing again.
 */
export async function sendMessages(ctx: Ctx, { messages }: SendBatchBody): Promise<SendBatchResult[]> {
  const results: SendBatchResult[] = [];
  // One after the other: two to the same customer would only wait for each other.
  for (const [at, message] of messages.entries()) {
    try {
      results.push({ kind: 'queued', message: presentMessage(await sendMessage(ctx, message, undefined)) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      results.push({ kind: 'refused', error: errorOf(error, at) });
    }
  }
  return results;
}

function errorOf(
  { code, message, details }: AppError,
  at: number,
): Extract<SendBatchResult, { kind: 'refused' }>['error'] {
  const errors = details.map((detail) => ({ ...detail, field: `messages[${at}].${detail.field}` }));
  return { code, title: message, errors };
}
