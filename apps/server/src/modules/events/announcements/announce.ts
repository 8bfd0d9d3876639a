import { seal } from '../../../platform/crypto/index.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { insertAnnouncements } from './announcement-store.ts';

/** Something that happened to a customer, as a sender of the tracking API would say it. */
export interface Announcement {
  readonly type: 'track' | 'identify';
  /** The same for the same happening: it is said once, however often it is announced. At most 100 characters. */
  readonly messageId: string;
  readonly occurredAtMs: number;
  /** Of a track: its name. */
  readonly event?: string;
  readonly properties?: JsonObject;
  /** Of an identify. */
  readonly traits?: JsonObject;
  /** Whom it is about, by whatever is known of her; with none of these it is not said to anybody and left out. */
  readonly who: Who;
  /** Further parts of a `context`: `channel`, `device`. */
  readonly context?: JsonObject;
}

/** The customer's identifiers. All are believed: they come from the shop itself. */
export interface Who {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  /** Of a kind of the workspace's own, or `loyaltyId`: `{ id, type }` as in Segment's externalIds. */
  readonly externalIds?: readonly { readonly id: string; readonly type: string }[] | undefined;
}

/**
 * Says within the transaction of a change what it means for a customer. `runAnnouncements` appends it to the log of events
 * exactly once, where it finds its profile as any event does. Answers how many were not left out.
 */
export async function announce(ctx: TxCtx, source: number, announcements: readonly Announcement[]): Promise<number> {
  const told = announcements.filter(({ who }) => Object.values(who).some((value) => value !== undefined));
  if (told.length === 0) return 0;
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  const items = told.map((one) => seal(wrapping, JSON.stringify(itemOf(one))));
  await insertAnnouncements(ctx.sql, ctx.workspaceId, { source, items });
  return told.length;
}

/** An item of the tracking API. Pure. */
export function itemOf({ who, occurredAtMs, context, ...said }: Announcement): JsonObject {
  const { userId, anonymousId, email, phone, externalIds } = who;
  const traits = { ...(email !== undefined && { email }), ...(phone !== undefined && { phone }) };
  const isAddressed = Object.keys(traits).length > 0;
  const isIdentify = said.type === 'identify';
  return {
    ...said,
    ...(userId !== undefined && { userId }),
    ...(anonymousId !== undefined && { anonymousId }),
    ...(isIdentify && { traits: { ...traits, ...said.traits } }),
    timestamp: new Date(occurredAtMs).toISOString(),
    context: {
      ...context,
      ...(isAddressed && !isIdentify && { traits }),
      ...(externalIds !== undefined && { externalIds: externalIds.map((one) => ({ ...one, collection: 'users' })) }),
    },
  };
}
