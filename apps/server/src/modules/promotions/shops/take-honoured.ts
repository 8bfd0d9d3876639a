import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { ExternalRef } from '../../catalog/index.ts';
import type { Who } from '../../events/index.ts';
import { type HeldProfile, holdProfiles, type Identifier, identifierReaderOf } from '../../profiles/index.ts';
import { findOffers, findRecipients } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { batchOf } from '../coupon-batch.ts';
import { insertExceptions } from '../exceptions/exception-store.ts';
import { type CouponFact, recordFacts } from '../spending/record-facts.ts';
import { lockOrders } from '../spending/redemption-store.ts';

/** A code that was honoured where nobody could ask: at a till without a connection. */
export interface HonouredCode {
  readonly code: string;
  readonly order: ExternalRef;
  readonly channel: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly atMs: number;
  readonly who: Who;
}

/** Records what tills honoured, each code of an order once; what is against it becomes an exception. */
export async function takeHonoured(ctx: TxCtx, honoured: readonly HonouredCode[]): Promise<void> {
  if (honoured.length === 0) return;
  const { sql, workspaceId } = ctx;
  const buyers = await holdWho(
    ctx,
    honoured.map(({ who }) => who),
  );
  const named = honoured.map((one) => ({ orderSource: one.order.source, orderRef: one.order.id }));
  await lockOrders(sql, workspaceId, named);
  const normalised = [...new Set(honoured.map(({ code }) => normaliseCode(code)))];
  const found = await findOffers(sql, workspaceId, { normalised, profileId: null });
  const codeOf = new Map(found.map((one) => [one.normalised, one]));
  const recipients = await findRecipients(sql, workspaceId, {
    codeIds: found.map((one) => one.offer.couponId),
    profileIds: [...new Set(buyers.flatMap((buyer) => buyer?.profileId ?? []))],
  });
  const facts: CouponFact[] = [];
  const lost: HonouredCode[] = [];
  for (const [at, one] of honoured.entries()) {
    const code = codeOf.get(normaliseCode(one.code));
    const { profileId = null, node = null } = buyers[at] ?? {};
    if (code === undefined) lost.push(one);
    else
      facts.push({
        ...named[at]!,
        code: recipients.has(`${code.offer.couponId} ${profileId}`)
          ? { ...code, offer: { ...code.offer, isHers: true } }
          : code,
        ...{ profileId, node, channel: one.channel, store: null, isOffline: true },
        ...{ amountMinor: one.amountMinor, currency: one.currency, atMs: one.atMs },
      });
  }
  await recordFacts(batchOf(ctx), facts);
  await tellLost(ctx, lost);
}

async function tellLost(ctx: TxCtx, lost: readonly HonouredCode[]): Promise<void> {
  const now = ctx.clock.now();
  const exceptions = lost.map(({ code, order, channel, amountMinor, currency }) => ({
    id: newUuid(now),
    kind: 'unknown_code' as const,
    ...{ campaign_id: null, code_id: null, redemption_id: null, profile_id: null, node: null },
    amount_minor: amountMinor,
    currency,
    detail: { code, orderSource: order.source, orderRef: order.id, channel },
    dedupe_key: JSON.stringify(['honoured', order.source, order.id, normaliseCode(code)]),
    at: new Date(now),
  }));
  await insertExceptions(ctx.sql, ctx.workspaceId, exceptions);
}

/** The customers these lead to, by the first of what is said of each that leads to anybody. */
async function holdWho(ctx: TxCtx, all: readonly Who[]): Promise<(HeldProfile | undefined)[]> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const said = all.map(({ userId, email, phone, anonymousId, externalIds = [] }) => {
    const kinds: [kind: string, value: string | undefined][] = [
      ['userId', userId],
      ...externalIds.map(({ id, type }): [string, string] => [reader.kindOfType(type) ?? type, id]),
      ['email', email],
      ['phone', phone],
      ['anonymousId', anonymousId],
    ];
    return kinds.flatMap(([kind, value]): Identifier[] => {
      const read = value === undefined ? undefined : reader.read(kind, value);
      return read === undefined ? [] : [read];
    });
  });
  const identifiers = said.flat();
  if (identifiers.length === 0) return all.map(() => undefined);
  const { ofIdentifiers } = await holdProfiles(ctx, { profileIds: [], identifiers });
  let at = 0;
  return said.map((own) => {
    const held = ofIdentifiers.slice(at, at + own.length);
    at += own.length;
    return held.find((one) => one !== undefined);
  });
}
