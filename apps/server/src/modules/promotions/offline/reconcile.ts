import type { AnswerOf, BodyOf, api } from '@segue/contract';
import { blindHash } from '../../../platform/crypto/index.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { type HeldProfile } from '../../profiles/index.ts';
import { batchOf } from '../coupon-batch.ts';
import { findOffers, findRecipients, type FoundCode } from '../codes/code-store.ts';
import { normaliseCode } from '../codes/code-text.ts';
import { type CouponExceptionKind, insertExceptions } from '../exceptions/exception-store.ts';
import { holdBuyers } from '../spending/buyer.ts';
import { type CouponFact, recordFacts } from '../spending/record-facts.ts';
import { lockOrders } from '../spending/redemption-store.ts';
import { insertOfflineEntries, listOfflineEntries, lockDevice, type OfflineEntryRow } from './offline-store.ts';
import { signingKeysOf } from './signing-keys.ts';
import { codeOfVoucher, isVoucher } from './vouchers.ts';

type Api = typeof api;
type Body = BodyOf<Api['reconcileCoupons']>;
type Told = Body['redemptions'][number];
type Result = AnswerOf<Api['reconcileCoupons']>['results'][number];

const CHANNEL = 'pos';

/**
 * Takes what a till redeemed without a connection, each sequence of it once. It has happened: what is against it becomes an
 * exception, never an error.
 */
export async function reconcile(ctx: TxCtx, body: Body): Promise<Result[]> {
  const { sql, workspaceId } = ctx;
  const { deviceId, redemptions } = body;
  await lockDevice(sql, workspaceId, deviceId);
  const { blind } = await ctx.keysOf(workspaceId);
  const told = redemptions.map((one) => ({ one, fingerprint: blindHash(blind, JSON.stringify(one)) }));
  const sequences = [...new Set(redemptions.map((one) => one.sequence))];
  const entries = await listOfflineEntries(sql, workspaceId, { deviceId, sequences });
  const knownOf = new Map(entries.map((entry) => [entry.sequence, entry]));
  const fresh = new Map<number, Fresh>();
  for (const item of told) {
    const { sequence } = item.one;
    if (!knownOf.has(sequence) && !fresh.has(sequence)) fresh.set(sequence, item);
  }
  const made = await take(ctx, body, [...fresh.values()]);
  const reused = told.filter(({ one, fingerprint }) => {
    const first = knownOf.get(one.sequence)?.fingerprint ?? fresh.get(one.sequence)?.fingerprint;
    return first !== undefined && !first.equals(fingerprint);
  });
  await tellReused(ctx, body, reused);
  await recordAudit(ctx, { action: 'coupons.reconciled', detail: { device: deviceId, redemptions: told.length } });
  const isReused = new Set(reused.map(({ one }) => one));
  const madeOf = new Map(made.map((entry) => [entry.sequence, entry]));
  return told.map(({ one }): Result => {
    const { sequence } = one;
    if (isReused.has(one)) return { sequence, outcome: 'exception', exception: 'sequence_reused', isRepeat: false };
    const entry = madeOf.get(sequence) ?? knownOf.get(sequence);
    if (entry === undefined) throw new Error(`nothing became of sequence ${sequence}`);
    const isRepeat = fresh.get(sequence)?.one !== one;
    return { sequence, outcome: entry.outcome, exception: entry.exception, isRepeat };
  });
}

interface Fresh {
  readonly one: Told;
  readonly fingerprint: Buffer;
}

/** Records what is new. */
async function take(ctx: TxCtx, body: Body, fresh: readonly Fresh[]): Promise<OfflineEntryRow[]> {
  if (fresh.length === 0) return [];
  const { sql, workspaceId } = ctx;
  const { publicKey } = await signingKeysOf(ctx);
  const buyers = await holdBuyers(
    ctx,
    fresh.map(({ one }) => one),
  );
  const orders = fresh.map(({ one }) => orderOf(body, one));
  await lockOrders(sql, workspaceId, orders);
  const codes = fresh.map(({ one }) => readCode(publicKey, one.code));
  const findCode = await codeFinder(ctx, codes, buyers);
  const facts = fresh.map(({ one }, at): CouponFact | CouponExceptionKind => {
    const normalised = codes[at];
    if (normalised === undefined) return 'no_voucher';
    const buyer = buyers[at];
    const code = findCode(normalised, buyer);
    if (code === undefined) return 'unknown_code';
    return {
      ...orders[at]!,
      code,
      ...{ profileId: buyer?.profileId ?? null, node: buyer?.node ?? null, channel: CHANNEL, store: body.store ?? '' },
      ...{ amountMinor: one.amountMinor, currency: one.currency, atMs: Date.parse(one.at), isOffline: true },
    };
  });
  const known = facts.filter((fact) => typeof fact === 'object');
  const outcomes = new Map((await recordFacts(batchOf(ctx), known)).map((outcome, at) => [known[at], outcome]));
  const entries = fresh.map(({ one, fingerprint }, at): OfflineEntryRow => {
    const fact = facts[at]!;
    const outcome = typeof fact === 'object' ? outcomes.get(fact) : { redemptionId: null, exception: fact };
    const exception = outcome?.exception ?? null;
    return {
      ...{ sequence: one.sequence, fingerprint, exception, redemption_id: outcome?.redemptionId ?? null },
      outcome: exception === null ? 'redeemed' : 'exception',
    };
  });
  await tellUnknown(ctx, body, { fresh, facts });
  const at = new Date(ctx.clock.now());
  await insertOfflineEntries(sql, workspaceId, { deviceId: body.deviceId, entries, at });
  return entries;
}

/** Left out, a redemption is an order of its own. */
function orderOf({ deviceId, orderSource = `pos:${deviceId}` }: Body, { orderRef, sequence }: Told) {
  return { orderSource, orderRef: orderRef ?? `${deviceId}/${sequence}` };
}

/** The normalised code, of a voucher too; undefined: nobody here signed that. */
function readCode(publicKey: Buffer, text: string): string | undefined {
  return isVoucher(text) ? codeOfVoucher(publicKey, text) : normaliseCode(text);
}

async function codeFinder(
  { sql, workspaceId }: TxCtx,
  codes: readonly (string | undefined)[],
  buyers: readonly (HeldProfile | undefined)[],
): Promise<(normalised: string, buyer: HeldProfile | undefined) => FoundCode | undefined> {
  const normalised = [...new Set(codes.filter((code) => code !== undefined))];
  const found = await findOffers(sql, workspaceId, { normalised, profileId: null });
  const recipients = await findRecipients(sql, workspaceId, {
    codeIds: found.map((one) => one.offer.couponId),
    profileIds: [...new Set(buyers.flatMap((buyer) => (buyer === undefined ? [] : [buyer.profileId])))],
  });
  const codeOf = new Map(found.map((one) => [one.normalised, one]));
  return (text, buyer) => {
    const code = codeOf.get(text);
    const isHers = code !== undefined && recipients.has(`${code.offer.couponId} ${buyer?.profileId}`);
    return isHers ? { ...code, offer: { ...code.offer, isHers: true } } : code;
  };
}

/** What was redeemed with something that is no code of ours. */
async function tellUnknown(
  ctx: TxCtx,
  body: Body,
  { fresh, facts }: { fresh: readonly Fresh[]; facts: readonly (CouponFact | CouponExceptionKind)[] },
): Promise<void> {
  const lost = fresh.flatMap(({ one }, at) => {
    const kind = facts[at];
    return typeof kind === 'string' ? [{ one, kind, dedupe: null }] : [];
  });
  await insertExceptions(
    ctx.sql,
    ctx.workspaceId,
    lost.map((item) => exceptionOf(ctx, body, item)),
  );
}

/** Another redemption under the number of one before: once, however often it is sent. */
async function tellReused(ctx: TxCtx, body: Body, reused: readonly Fresh[]): Promise<void> {
  const exceptions = reused.map(({ one, fingerprint }) => {
    const dedupe = `${body.deviceId} ${one.sequence} ${fingerprint.toString('hex')}`;
    return exceptionOf(ctx, body, { one, kind: 'sequence_reused', dedupe });
  });
  await insertExceptions(ctx.sql, ctx.workspaceId, exceptions);
}

function exceptionOf(
  ctx: TxCtx,
  { deviceId, store }: Body,
  { one, kind, dedupe }: { one: Told; kind: CouponExceptionKind; dedupe: string | null },
) {
  const nowMs = ctx.clock.now();
  return {
    id: newUuid(nowMs),
    kind,
    ...{ campaign_id: null, code_id: null, redemption_id: null, profile_id: null, node: null },
    amount_minor: one.amountMinor,
    currency: one.currency,
    detail: {
      ...{ deviceId, sequence: one.sequence, code: one.code, at: one.at },
      ...(store !== undefined && { store }),
      ...(one.orderRef !== undefined && { orderRef: one.orderRef }),
    },
    dedupe_key: dedupe,
    at: new Date(nowMs),
  };
}
