import { createHash, randomBytes } from 'node:crypto';
import type { AnswerOf, BodyOf, api } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { listOfflineCampaigns, type OfflineCampaignRow } from './offline-store.ts';
import { signText } from './signed-text.ts';
import { signingKeysOf } from './signing-keys.ts';

const HOUR_MS = 60 * 60_000;
const CAMPAIGNS_MAX = 1_000;
const SALT_BYTES = 16;

type Api = typeof api;

/** What a till needs to take coupons without a connection: the terms, and by what to know shared codes. */
export async function createSheet(
  ctx: Ctx,
  { deviceId, store, hours }: BodyOf<Api['createCouponSheet']>,
): Promise<AnswerOf<Api['createCouponSheet']>> {
  const nowMs = ctx.clock.now();
  const expiresAt = new Date(nowMs + hours * HOUR_MS).toISOString();
  const campaigns = await listOfflineCampaigns(ctx.sql, ctx.workspaceId, CAMPAIGNS_MAX);
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  const { publicKey, privateKey } = await signingKeysOf(ctx);
  const sheet: JsonObject = {
    version: 1,
    kind: 'coupon-sheet',
    deviceId,
    ...(store !== undefined && { store }),
    issuedAt: new Date(nowMs).toISOString(),
    expiresAt,
    salt,
    campaigns: campaigns
      .filter((campaign) => isForTill(campaign, { store, untilMs: Date.parse(expiresAt), nowMs }))
      .map((campaign) => campaignOf(campaign, salt)),
  };
  return { sheet: signText(privateKey, sheet), publicKey: publicKey.toString('base64'), expiresAt };
}

/** Whether a till in this store may have to take it while the sheet is good. Pure. */
function isForTill(
  { terms }: OfflineCampaignRow,
  { store, untilMs, nowMs }: { store: string | undefined; untilMs: number; nowMs: number },
): boolean {
  if (terms.channels !== undefined && !terms.channels.includes('pos')) return false;
  if (terms.stores !== undefined && (store === undefined || !terms.stores.includes(store))) return false;
  if (terms.startsAt !== undefined && Date.parse(terms.startsAt) >= untilMs) return false;
  return terms.expiresAt === undefined || Date.parse(terms.expiresAt) > nowMs;
}

function campaignOf(row: OfflineCampaignRow, salt: string): JsonObject {
  return {
    id: publicId('cpc', row.id),
    name: row.name,
    version: row.version,
    terms: row.terms as unknown as Json,
    perProfile: row.profile_limit,
    codes: row.codes.map((code) => saltedCode(salt, code)),
  };
}

/** How a shared code stands in a sheet: whoever finds one cannot read it there. Pure. */
export function saltedCode(salt: string, normalised: string): string {
  return createHash('sha256').update(salt).update(normalised).digest('base64url');
}
