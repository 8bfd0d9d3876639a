import type { PromotedProduct } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { ProductPort, ProductTruth } from './ports.ts';

/** Who bought something so lately is not asked to buy it. */
export const BOUGHT_MS = 30 * 86_400_000;

/** What is left of the products a message invites to buy, and why it must not go when none is. */
export interface Promotion {
  /** Which of them can be shown, by their places. */
  readonly shown: readonly number[];
  readonly refused: { readonly by: 'bought' | 'stock'; readonly reason: string } | undefined;
}

/** Nobody is asked to buy what she has just bought, and nothing sold out is promoted. Pure. */
export function judgePromotion(truths: readonly ProductTruth[]): Promotion {
  const shown = truths.flatMap(({ isInStock, isBought }, place) => (isInStock && !isBought ? [place] : []));
  if (truths.length === 0 || shown.length > 0) return { shown, refused: undefined };
  const refused = truths.every(({ isBought }) => isBought)
    ? ({ by: 'bought', reason: 'the customer has just bought what it invites to buy' } as const)
    : ({ by: 'stock', reason: 'nothing of what it invites to buy is in stock and not bought yet' } as const);
  return { shown, refused };
}

/** Whether what was rendered may still be shown: another rendering would leave something out. Pure. */
export function isStillTrue(rendered: readonly number[], now: Promotion): boolean {
  return rendered.every((place) => now.shown.includes(place));
}

/** The cards of what can be shown; of what the catalog does not know, what its sender called it. Pure. */
export function cardsOf(
  products: readonly PromotedProduct[],
  truths: readonly ProductTruth[],
  { shown }: Promotion,
): JsonObject[] {
  return shown.map((place) => truths[place]!.card ?? { ...products[place] });
}

interface Promoting {
  readonly id: string;
  readonly profileId: string;
  readonly products: readonly PromotedProduct[];
}

/** Of the messages that invite to buy something; nothing is asked when none does. */
export async function readPromoted(
  sql: Sql,
  workspaceId: number,
  asked: { port: ProductPort | undefined; messages: readonly Promoting[]; nowMs: number },
): Promise<(message: Promoting) => readonly ProductTruth[]> {
  const { port, nowMs } = asked;
  const messages = asked.messages.filter(({ products }) => products.length > 0);
  const truths =
    port === undefined || messages.length === 0
      ? undefined
      : await port.readTruths(sql, workspaceId, { messages, boughtSinceMs: nowMs - BOUGHT_MS, nowMs });
  return ({ id, products }) => truths?.get(id) ?? products.map(() => UNKNOWN);
}

const UNKNOWN: ProductTruth = { card: undefined, isInStock: true, isBought: false };
