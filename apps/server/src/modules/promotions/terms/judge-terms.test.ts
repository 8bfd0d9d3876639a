import type { CouponRefusal } from '@segue/contract';
import { expect, it } from 'vitest';
import type { Cart, CouponOffer, Customer } from './cart.ts';
import { judgeTerms } from './judge-terms.ts';
import { cartOf, euros, lineOf, NO_LIMITS, offerOf, percent } from './testing/carts.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const SEGMENT = `seg_${'1'.repeat(32)}`;
const benefit = percent(10);
const iso = (ms: number) => new Date(ms).toISOString();
const known = (fields: Partial<Customer> = {}): Partial<Cart> => ({
  customer: { isKnown: true, hasOrdered: false, segmentIds: new Set(), emailDomains: new Set(), ...fields },
});
const cart = (fields: Partial<Cart> = {}) => cartOf([lineOf('a')], fields);

const CASES: readonly [what: string, offer: CouponOffer, cart: Cart, refusal: CouponRefusal | undefined][] = [
  ['plain terms', offerOf({ benefit }), cart(), undefined],
  ['a worthless code', offerOf({ benefit }, { isVoid: true }), cart(), 'void'],
  ['a paused campaign', offerOf({ benefit }, { state: 'paused' }), cart(), 'paused'],
  ['an archived campaign', offerOf({ benefit }, { state: 'archived' }), cart(), 'expired'],
  ['before its start', offerOf({ benefit, startsAt: iso(NOW + 1) }), cart(), 'not_started'],
  ['at its start', offerOf({ benefit, startsAt: iso(NOW) }), cart(), undefined],
  ['at its end', offerOf({ benefit, expiresAt: iso(NOW) }), cart(), 'expired'],
  ['just before its end', offerOf({ benefit, expiresAt: iso(NOW + 1) }), cart(), undefined],
  ['after the end of the code', offerOf({ benefit }, { expiresAtMs: NOW }), cart(), 'expired'],
  ['another channel', offerOf({ benefit, channels: ['pos'] }), cart(), 'channel'],
  ['no store', offerOf({ benefit, stores: ['berlin'] }), cart({ channel: 'pos' }), 'store'],
  ['another store', offerOf({ benefit, stores: ['berlin'] }), cart({ store: 'bonn' }), 'store'],
  ['its store', offerOf({ benefit, stores: ['berlin'] }), cart({ store: 'berlin' }), undefined],
  [
    'an amount in another currency',
    offerOf({ benefit: { kind: 'amount', amounts: euros(5) } }),
    cart({ currency: 'USD' }),
    'currency',
  ],
  ['a minimum in another currency', offerOf({ benefit, minimum: euros(5) }), cart({ currency: 'USD' }), 'currency'],
  [
    'a most in another currency',
    offerOf({ benefit: { ...benefit, atMost: euros(5) } }),
    cart({ currency: 'USD' }),
    'currency',
  ],
  [
    'a budget in another currency',
    offerOf({ benefit }, { limits: { ...NO_LIMITS, budget: euros(5)[0]! } }),
    cart({ currency: 'USD' }),
    'currency',
  ],
  ['somebody else’s code', offerOf({ benefit }, { isHers: false }), cart(known()), 'recipient'],
  ['a personal code that is nobody’s', offerOf({ benefit, recipientOnly: true }), cart(known()), 'recipient'],
  ['her personal code', offerOf({ benefit, recipientOnly: true }, { isHers: true }), cart(known()), undefined],
  [
    'a limit on customers, of nobody known',
    offerOf({ benefit }, { limits: { ...NO_LIMITS, perProfile: 1 } }),
    cart(),
    'profile_required',
  ],
  ['a first order, of nobody known', offerOf({ benefit, firstOrderOnly: true }), cart(), 'profile_required'],
  ['a first order', offerOf({ benefit, firstOrderOnly: true }), cart(known()), undefined],
  ['a second order', offerOf({ benefit, firstOrderOnly: true }), cart(known({ hasOrdered: true })), 'first_order'],
  ['outside its segment', offerOf({ benefit, segments: [SEGMENT] }), cart(known()), 'segment'],
  [
    'in its segment',
    offerOf({ benefit, segments: [SEGMENT] }),
    cart(known({ segmentIds: new Set([SEGMENT]) })),
    undefined,
  ],
  [
    'in a segment it is not for',
    offerOf({ benefit, notSegments: [SEGMENT] }),
    cart(known({ segmentIds: new Set([SEGMENT]) })),
    'segment',
  ],
  [
    'another domain',
    offerOf({ benefit, emailDomains: ['a.example'] }),
    cart(known({ emailDomains: new Set(['b.example']) })),
    'email',
  ],
  [
    'its domain',
    offerOf({ benefit, emailDomains: ['A.example'] }),
    cart(known({ emailDomains: new Set(['a.example']) })),
    undefined,
  ],
  ['no product of its', offerOf({ benefit, only: { skus: ['X'] } }), cart(), 'no_product'],
  ['a minimum not reached', offerOf({ benefit, minimum: euros(1_001) }), cart(), 'minimum'],
  ['a minimum reached', offerOf({ benefit, minimum: euros(1_000) }), cart(), undefined],
];

it.each(CASES)('%s', (_what, offer, goods, refusal) => {
  expect(judgeTerms(offer, goods, NOW)).toBe(refusal);
});
