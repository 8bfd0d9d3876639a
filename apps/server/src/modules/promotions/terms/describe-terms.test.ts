import { COUPON_LANGUAGES } from '@segue/contract';
import { describe, expect, it } from 'vitest';
import { couponLanguage, describeTerms } from './describe-terms.ts';
import { euros, NO_LIMITS, percent, termsOf } from './testing/carts.ts';

const place = { language: 'en', timeZone: 'Europe/Berlin' } as const;
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('terms in words', () => {
  it('say what a coupon gives', () => {
    const headline = (benefit: unknown) =>
      plain(describeTerms({ terms: termsOf({ benefit }), limits: NO_LIMITS }, place).headline);
    expect(headline(percent(12.5))).toBe('12.5% off');
    expect(headline({ kind: 'amount', amounts: [...euros(500), { amountMinor: 600, currency: 'JPY' }] })).toBe(
      '€5 or ¥600 off',
    );
    expect(headline({ kind: 'free_shipping' })).toBe('Free shipping');
    expect(headline({ kind: 'buy_get', buy: 2, get: 1 })).toBe('Buy 2, get 1 free');
    expect(headline({ kind: 'buy_get', buy: 2, get: 1, percent: 50 })).toBe('Buy 2, get 1 at 50% off');
  });

  it('say every condition once, with instants of the workspace', () => {
    const terms = termsOf({
      benefit: { ...percent(10), atMost: euros(2_000) },
      minimum: euros(4_999),
      only: { collections: ['Shirts', 'Mugs'] },
      except: { skus: ['X'] },
      excludeSale: true,
      firstOrderOnly: true,
      recipientOnly: true,
      emailDomains: ['customer.example'],
      startsAt: '2026-12-01T00:00:00+01:00',
      expiresAt: '2026-12-24T18:00:00+01:00',
      channels: ['web'],
      stores: ['Berlin'],
      stacking: { kind: 'exclusive' },
    });
    const limits = { total: 100, perProfile: 1, budget: null };
    expect(describeTerms({ terms, limits }, place).lines.map(plain)).toEqual([
      'At most €20 off.',
      'For goods worth €49.99 or more.',
      'Only for: Shirts and Mugs.',
      'Not for: X.',
      'Not for goods that are reduced already.',
      'Only for a first order.',
      'Personal: only for whom it was given to.',
      'Only for email addresses of customer.example.',
      'From December 1, 2026 at 12:00 AM.',
      'Until December 24, 2026 at 6:00 PM.',
      'Only here: web.',
      'Only in these stores: Berlin.',
      'Once for each customer.',
      'While the offer lasts: the number of redemptions is limited.',
      'Cannot be combined with other coupons.',
    ]);
  });

  it('are as many in every language, and none is left in another', () => {
    const terms = termsOf({ benefit: percent(10), minimum: euros(100), excludeSale: true, firstOrderOnly: true });
    const all = COUPON_LANGUAGES.map((language) => describeTerms({ terms, limits: NO_LIMITS }, { ...place, language }));
    for (const text of all) expect(text.lines).toHaveLength(all[0]!.lines.length);
    for (const at of all[0]!.lines.keys()) expect(new Set(all.map(({ lines }) => lines[at])).size).toBe(all.length);
  });

  it('are in the closest language there is', () => {
    expect(['de-AT', 'FR', 'es_MX', 'pt-BR'].map(couponLanguage)).toEqual(['de', 'fr', 'es', 'en']);
  });
});
