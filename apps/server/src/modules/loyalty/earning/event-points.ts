import { currencySchema, roundAmountMinor } from '@segue/contract';
import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import type { Json } from '../../../platform/json.ts';
import { type ProductFactsOfVariant } from '../../catalog/index.ts';
import { pathSteps, valueAt } from '../../segments/index.ts';
import type { PointsTerms } from '../programs/program.ts';
import { pointsOfAmounts, pointsOfNumber } from './exact-points.ts';
import { multiplierOf, type NamedProduct } from './product-multiplier.ts';
import type { RuleLimits, RuleWords } from './rule.ts';

type Event = Pick<LoggedEvent, 'occurredAt' | 'payload'>;

/** One of an event's `products`. */
export interface EventProduct extends NamedProduct {
  readonly quantity: number;
  /** Of one piece, in main units. */
  readonly price: number;
}

/** A rule as what it asks of an event beside its name and properties: when, where and from whom. Pure. */
export function isAsked(
  { startsAt, endsAt, channels, isTrustedOnly }: RuleWords,
  { event, isTrusted }: { event: Event; isTrusted: boolean },
): boolean {
  if (isTrustedOnly && !isTrusted) return false;
  if (startsAt !== undefined && event.occurredAt < Date.parse(startsAt)) return false;
  if (endsAt !== undefined && event.occurredAt >= Date.parse(endsAt)) return false;
  const channel = event.payload.context?.['channel'];
  return channels === undefined || (typeof channel === 'string' && channels.includes(channel));
}

/** What an event earns by a rule, limits aside. `known`: what the catalog knows of its products, in their order. Pure. */
export function pointsOfEvent(
  { formula }: RuleWords,
  { event, known }: { event: Event; known: readonly (ProductFactsOfVariant | undefined)[] },
  rounding: PointsTerms['rounding'],
): number {
  const said = event.payload.properties ?? {};
  switch (formula.kind) {
    case 'fixed':
      return formula.points;
    case 'per_unit': {
      const value = numberOf(valueAt(said, pathSteps(formula.property)));
      const isOther = formula.currency !== undefined && formula.currency !== currencyOf(said['currency']);
      return value === undefined || isOther ? 0 : pointsOfNumber(value, formula.points, rounding);
    }
    case 'products': {
      const currency = currencyOf(said['currency']);
      const rate = formula.rates.find((one) => one.currency === currency)?.points;
      if (currency === undefined || rate === undefined) return 0;
      const parts = productsOf(event).map((product, at) => ({
        amountMinor: roundAmountMinor(product.price * product.quantity, currency) ?? 0,
        multiplier: multiplierOf(formula.multipliers, { named: product, known: known[at] }),
      }));
      return pointsOfAmounts({ parts, currency, rate, rounding });
    }
  }
}

/** The `products` of Segment's e-commerce events that have a price. Pure. */
export function productsOf({ payload }: Event): EventProduct[] {
  const list = payload.properties?.['products'];
  if (!Array.isArray(list)) return [];
  return list.flatMap((one): EventProduct[] => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return [];
    const price = numberOf(one['price']);
    const quantity = numberOf(one['quantity']) ?? 1;
    if (price === undefined || price <= 0 || quantity <= 0) return [];
    const productRef = textOf(one['product_id']);
    return [{ price, quantity, productRef, variantRef: textOf(one['variant_id']), sku: textOf(one['sku']) }];
  });
}

/** What one customer had of a rule before. */
export interface RuleUse {
  readonly pointsToday: number;
  readonly timesToday: number;
  readonly times: number;
}

/** What of some points the limits of a rule leave. Pure. */
export function withinLimits(
  { perEvent, perDay, timesPerDay, times }: RuleLimits,
  points: number,
  use: RuleUse,
): number {
  if (timesPerDay !== undefined && use.timesToday >= timesPerDay) return 0;
  if (times !== undefined && use.times >= times) return 0;
  const left = perDay === undefined ? points : Math.max(0, perDay - use.pointsToday);
  return Math.min(points, perEvent ?? points, left);
}

function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function textOf(value: Json | undefined): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= 200 ? text : null;
}

function currencyOf(value: Json | undefined): string | undefined {
  return currencySchema.safeParse(value).data;
}
