/**
 * The language of rules, as types. One node is known by the one key that names its kind. `segmentRuleSchema` checks it.
 *
 * Time. Everything is by event time. `within` is the window (now - W, now]; `during` is a calendar word, by the workspace's
 * zone unless `zone` says the customer's; `after` (included) and `before` (excluded) are absolute.
 */
export type SegmentRule =
  | { all: SegmentRule[] }
  | { any: SegmentRule[] }
  | { not: SegmentRule }
  | EveryoneLeaf
  | TraitLeaf
  | EventLeaf
  | SequenceLeaf
  | SegmentLeaf
  | ListLeaf
  | BucketLeaf
  | ConsentLeaf
  | ReachableLeaf
  | MessageLeaf
  | CompanyLeaf
  | PlaceLeaf
  | LifecycleLeaf
  | BoughtLeaf
  | BasketLeaf
  | OrderLeaf
  | PointsLeaf
  | CouponLeaf;

export interface EveryoneLeaf {
  everyone: true;
}

/** Whose calendar and clock: the workspace's (default), or the customer's (trait `timezone`, else the workspace's). */
export type Zone = 'workspace' | 'customer';

/** `"address.city"` steps into objects at each dot; `["address", "city.name"]` says the steps when a name has a dot. */
export type Path = string | string[];
/** A length of time in exactly one unit. */
export interface Duration {
  days?: number | undefined;
  hours?: number | undefined;
  minutes?: number | undefined;
  seconds?: number | undefined;
}
export type Scalar = string | number | boolean;

/**
 * What one value must be. `matches`: RE2 syntax, found anywhere in the text. An empty text exists. `ignoreCase` compares
 * code point by code point, each by its own lower-case letter if that is one.
 */
export type ValueCondition =
  | { op: 'equals' | 'notEquals' | 'includes'; value: Scalar; ignoreCase?: true }
  | { op: 'contains' | 'notContains' | 'startsWith' | 'endsWith'; value: string; ignoreCase?: true }
  | { op: 'matches'; value: string; ignoreCase?: true }
  | { op: 'exists' | 'missing' }
  | { op: 'atLeast' | 'atMost' | 'moreThan' | 'lessThan'; value: number }
  | { op: 'between'; value: [number, number] }
  | { op: 'in' | 'notIn'; value: Scalar[]; ignoreCase?: true }
  | { op: 'before' | 'after'; value: string };

/** Conditions that time alone makes true or false. */
export type TimedCondition =
  | { op: 'withinLast' | 'notWithinLast' | 'withinNext'; value: Duration }
  /** A day that comes every year: its next return is today or at most so many days ahead. 29 February returns on 28 February. */
  | { op: 'anniversaryWithin'; value: { days: number }; zone?: Zone }
  /** Has had this value, without a break, for at least or for less than a time. Saying it again keeps the clock running. */
  | { op: 'held'; value: Scalar; for: { atLeast: Duration } | { lessThan: Duration } };

/** A trait said, derived (`first_touch.source`, `sessions`) or computed (by its name). */
export type TraitLeaf = { trait: Path } & (ValueCondition | TimedCondition);

/** `some`: one element of the list at `property` for which all of `where` hold, paths counted from the element. */
export type EventFilter =
  | ({ property: Path } & ValueCondition)
  | { property: Path; op: 'some'; where: ({ property: Path } & ValueCondition)[] };

export type EventSelector =
  | string
  | { type: 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias'; name?: string };

/** When on the clock it happened; `customer`: by the event's own `context.timezone`, else the workspace's. Hours [from, until). */
export interface ClockTime {
  days?: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** Whole hours 0-24; from > until goes over midnight. */
  hours?: { from: number; until: number };
  zone?: Zone;
}

/** Events of a kind. `event`: a name, or `prefix.*` for every name that begins with `prefix.`; all of `where` on the same event. */
export interface EventMatch {
  event: EventSelector;
  where?: EventFilter[];
  at?: ClockTime;
}

export type CalendarPeriod =
  | 'today'
  | 'yesterday'
  | 'thisWeek'
  | 'lastWeek'
  | 'thisMonth'
  | 'lastMonth'
  | 'thisYear'
  | 'lastYear';

/** At most one of `within` and `during`; weeks begin on Monday. */
export interface Period {
  within?: Duration;
  during?: CalendarPeriod;
  zone?: Zone;
  after?: string;
  before?: string;
}

export type EventCount = { atLeast?: number; atMost?: number; exactly?: number; moreThan?: number; lessThan?: number };

/** A number that several events make together. Nothing counted: sum and distinct are 0, the others are no number. */
export type NumberCondition =
  | { op: 'atLeast' | 'atMost' | 'moreThan' | 'lessThan' | 'equals'; value: number }
  | { op: 'between'; value: [number, number] };

export const AGGREGATE_FUNCTIONS = ['sum', 'average', 'min', 'max', 'distinct'] as const;
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number];

/**
 * How often it happened (`count`, without it at least once); or what a property comes to (`aggregate`); or what the newest or
 * oldest such event ever was like (`pick` with `having`: then the period is a condition on that one event's time).
 */
export type EventLeaf = EventMatch &
  Period & {
    count?: EventCount;
    aggregate?: { function: AggregateFunction; property: Path } & NumberCondition;
    pick?: 'last' | 'first';
    having?: EventFilter[];
  };

/** Steps one after another, each at a later instant than the one before. */
export interface SequenceStep extends EventMatch {
  /** At most this long after the step before. */
  within?: Duration;
  /** No such event strictly between the step before and this one. */
  without?: EventMatch;
}

/** Has done all steps in this order; the whole of it, from first step to last, in the period. */
export type SequenceLeaf = { sequence: SequenceStep[] } & Period;

/** Is in another segment. */
export interface SegmentLeaf {
  segment: string;
}

/** Is on a manual list. */
export interface ListLeaf {
  list: string;
}

/** A stable draw of lots by profile and salt, percent: from (included) to below. */
export interface BucketLeaf {
  bucket: { salt: string; from: number; below: number };
}

/** What she said about a channel and topic; without topic of all marketing there: a yes to any of it counts most. */
export interface ConsentLeaf {
  consent: { channel: string; topic?: string; state: string[] };
}

/**
 * There is an address for the channel, it is not suppressed, and she has not said no to the channel as a whole; with a topic: a
 * message of it would be permitted.
 */
export interface ReachableLeaf {
  reachable: { channel: string; topic?: string };
}

export const MESSAGE_ENGAGEMENTS = [
  'sent',
  'delivered',
  'opened',
  'clicked',
  'replied',
  'bounced',
  'failed',
  'refused',
] as const;
export type MessageEngagement = (typeof MESSAGE_ENGAGEMENTS)[number];

/** What became of messages to her. `opened` is by a human: machines that open everything do not count. */
export type MessageLeaf = {
  message: MessageEngagement;
  channel?: string;
  template?: string;
  journey?: string;
  count?: EventCount;
} & Period;

/** One of her companies has this trait. */
export type CompanyLeaf = { company: Path } & ValueCondition;

/** Where she is: from her address, phone, store or last IP address, the first that says it. ISO codes of countries. */
export interface PlaceLeaf {
  place: {
    countries?: string[];
    regions?: string[];
    cities?: string[];
    near?: { latitude: number; longitude: number; km: number };
  };
}

export const LIFECYCLE_STAGES = [
  'visitor',
  'lead',
  'first_time',
  'active',
  'loyal',
  'at_risk',
  'lapsed',
  'won_back',
] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

export interface LifecycleLeaf {
  lifecycle: LifecycleStage[];
}

/** A product of the catalog by all that is said of it; nothing said: any. Ids and skus as the shop or the catalog names them. */
export interface ProductMatch {
  product?: string;
  variant?: string;
  sku?: string;
  collection?: string;
  vendor?: string;
  type?: string;
  tag?: string;
}

/** Has bought it, by the order book: what was cancelled or given back is not bought. `atLeast`: so many pieces, 1 unless said. */
export interface BoughtLeaf {
  bought: ProductMatch & { atLeast?: number };
}

export const BASKET_KINDS = ['cart', 'wishlist', 'viewed'] as const;
export type BasketKind = (typeof BASKET_KINDS)[number];

/** Has a product in the cart, on a wish list, or among the recently viewed; `inStock`: one that can be bought now, or cannot. */
export interface BasketLeaf {
  basket: BasketKind;
  holds?: ProductMatch;
  inStock?: boolean;
}

export const ORDER_STATES = [
  'open',
  'unpaid',
  'unfulfilled',
  'fulfilled',
  'delivered',
  'cancelled',
  'refunded',
] as const;
export type OrderStateWord = (typeof ORDER_STATES)[number];

/** Has an order in one of these states. */
export interface OrderLeaf {
  order: OrderStateWord[];
}

export const POINTS_KINDS = ['balance', 'pending', 'lifetime'] as const;
export type PointsKind = (typeof POINTS_KINDS)[number];

/** Her points: what she can spend (`balance`, unless said), what is on its way, or all she ever earned; of a program by name. */
export interface PointsLeaf {
  points: { of?: PointsKind; program?: string; atLeast?: number; atMost?: number };
}

export const COUPON_STATES = ['assigned', 'redeemed'] as const;
export type CouponState = (typeof COUPON_STATES)[number];

/** Has been given a code of the coupon campaign, or has redeemed one. */
export interface CouponLeaf {
  coupon: { campaign: string; state: CouponState[] };
}

export const COMPUTED_FUNCTIONS = [
  'count',
  'sum',
  'average',
  'min',
  'max',
  'distinct',
  'first',
  'last',
  'mostFrequent',
  'daysSince',
] as const;
export type ComputedFunction = (typeof COMPUTED_FUNCTIONS)[number];

/** A trait that follows from events. `property` where the function takes one; `daysSince`: whole days since the newest event. */
export type ComputedTraitRule = EventMatch &
  Period & {
    function: ComputedFunction;
    property?: Path;
  };
