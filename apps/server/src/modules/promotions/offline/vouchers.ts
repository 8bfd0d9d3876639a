import type { AnswerOf, CouponRefusal, api } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { FoundCode } from '../codes/code-store.ts';
import { findTyped } from '../spending/hold-coupons.ts';
import { readLedger } from '../spending/open-ledger.ts';
import { judgeOffer } from '../terms/judge-terms.ts';
import { refusalMessage } from '../terms/refusal-message.ts';
import { readSigned, signText } from './signed-text.ts';
import { signingKeysOf } from './signing-keys.ts';

type Answer = AnswerOf<typeof api.createCouponVouchers>;

/** Signed texts, for QR codes, by which a till knows a code without asking. */
export async function createVouchers(ctx: Ctx, codes: readonly string[]): Promise<Answer> {
  const { found, unknown } = await findTyped(ctx, codes, null);
  const { privateKey } = await signingKeysOf(ctx);
  const places = found.map(({ offer }) => ({
    codeId: offer.couponId,
    campaignId: offer.campaignId,
    profileId: null,
  }));
  const ledger = await readLedger(ctx.sql, ctx.workspaceId, places);
  const vouchers: Answer['vouchers'] = [];
  const refused: Answer['refused'] = [...unknown];
  for (const code of found) {
    const { offer } = code;
    const use = { codeId: offer.couponId, campaignId: offer.campaignId, profileId: null, amountMinor: 0, currency: '' };
    const reason = refusalOf(code, ctx.clock.now()) ?? ledger.refusal(use);
    if (reason === undefined) vouchers.push({ code: offer.code, voucher: signText(privateKey, payloadOf(code)) });
    else refused.push({ code: offer.code, reason, message: refusalMessage(reason) });
  }
  return { vouchers, refused };
}

/** Only what tills may take without a connection, and only while it runs. Pure. */
function refusalOf({ offer }: FoundCode, nowMs: number): CouponRefusal | undefined {
  const state = judgeOffer(offer, nowMs);
  if (state !== undefined && state !== 'not_started') return state;
  return offer.terms.offlineCap === undefined ? 'channel' : undefined;
}

function payloadOf({ offer, normalised, version }: FoundCode): JsonObject {
  const { startsAt, expiresAt, offlineCap } = offer.terms;
  const ends = [expiresAt === undefined ? [] : [Date.parse(expiresAt)], offer.expiresAtMs ?? []].flat(2);
  return {
    version: 1,
    kind: 'coupon-voucher',
    code: normalised,
    couponId: publicId('cpn', offer.couponId),
    campaignId: publicId('cpc', offer.campaignId),
    terms: version,
    ...(offlineCap !== undefined && { cap: { ...offlineCap } }),
    ...(startsAt !== undefined && { startsAt }),
    ...(ends.length > 0 && { expiresAt: new Date(Math.min(...ends)).toISOString() }),
  };
}

/** The code of a voucher that this workspace signed; undefined: it did not. Pure. */
export function codeOfVoucher(publicKey: Buffer, text: string): string | undefined {
  const payload = readSigned(publicKey, text);
  const code = payload?.['kind'] === 'coupon-voucher' ? payload['code'] : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Whether a till sent a voucher and not the code itself. Pure. */
export function isVoucher(text: string): boolean {
  return /^[\w-]{40,}\.[\w-]{80,}$/.test(text.trim());
}
