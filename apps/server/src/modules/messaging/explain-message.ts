import type { ExplainMessageBody, MessageExplanation } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { inSubjects } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { requireIntent } from './require-intent.ts';
import { type Explained, explain } from './gate/decide.ts';
import { gatherFacts } from './gate/gather-facts.ts';
import type { GateDeps } from './ports.ts';
import { prepareMessages } from './prepare-messages.ts';
import { judgePromotion, readPromoted } from './promoted-products.ts';
import { toDueMessage } from './to-due-message.ts';

/** Asks the gate about a message as if it were due now. Nothing is written. */
export async function explainMessage(
  { ctx, deps }: { readonly ctx: Ctx; readonly deps: GateDeps },
  body: ExplainMessageBody,
): Promise<MessageExplanation> {
  const { workspaceId } = ctx;
  const { wish, versionId, to } = await requireIntent(ctx, body, '');
  if (to.kind === 'address')
    throw new AppError('not_found', 'Nobody is known by this address yet: she has permitted nothing', {
      details: [{ field: 'to.email', message: 'give the address of a known customer' }],
    });
  const now = ctx.clock.now();
  const message = toDueMessage({ ...wish, ...to }, { workspaceId, id: newUuid(now), versionId, now });
  const [prepared] = await prepareMessages(ctx, deps, [message]);
  if (prepared === undefined) throw new Error('a message that was prepared is not there');
  const explained = await inSubjects(ctx, { workspaceId, ids: [message.profileId] }, async (batch) => {
    const read = await readPromoted(batch.sql, workspaceId, { port: deps.products, messages: [message], nowMs: now });
    const promotions = new Map([[prepared, judgePromotion(read(message))]]);
    const round = await gatherFacts(batch, deps, { candidates: [prepared], promotions });
    return explain(round.factsOf(prepared), batch.now);
  });
  return present(explained);
}

function present(explained: readonly Explained[]): MessageExplanation {
  const first = explained.find(({ verdict }) => verdict !== undefined);
  const rules = explained.map(({ by: rule, asks, verdict }) => ({
    ...{ rule, asks, reason: verdict?.reason ?? null, numbers: verdict?.numbers ?? null, until: untilOf(verdict) },
    verdict:
      verdict === undefined ? ('passes' as const) : verdict.kind === 'hold' ? ('holds' as const) : ('refuses' as const),
  }));
  return {
    decision: first?.verdict?.kind ?? 'send',
    by: first?.by ?? null,
    reason: first?.verdict?.reason ?? null,
    until: untilOf(first?.verdict),
    rules,
  };
}

function untilOf(verdict: Explained['verdict']): string | null {
  return verdict?.kind === 'hold' ? new Date(verdict.untilMs).toISOString() : null;
}
