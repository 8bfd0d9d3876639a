import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { identifierReaderOf } from '../../profiles/index.ts';
import { takeRequest } from '../requests/create-request.ts';
import { type ComplianceTopic, identifiersOf, TOPICS } from './compliance-webhook.ts';

/** What a connected shop asks about data, written down to be worked on. A whole shop waits until an owner approves. */
export async function takeCompliance(
  ctx: TxCtx,
  asked: { readonly topic: ComplianceTopic; readonly payload: JsonObject; readonly matchCustomerId: boolean },
): Promise<void> {
  const kind = TOPICS[asked.topic];
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const identifiers =
    kind === 'erase_shop' ? [] : identifiersOf(asked.payload, { reader, matchCustomerId: asked.matchCustomerId });
  await takeRequest(ctx, { kind, regulation: 'other', origin: 'shopify', identifiers, suppress: true });
}
