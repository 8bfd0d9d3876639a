import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePermission, SUPPRESSION_REASONS } from './permission.ts';
import type { Standing } from './weigh-words.ts';

const at = fc.integer({ min: 0, max: 6 });
const weight = fc.option(fc.record({ at, recordId: fc.constant('r') }), { nil: undefined });
const standing: fc.Arbitrary<Standing> = fc.record({
  denial: weight,
  pending: weight,
  grants: fc.array(
    fc.record({
      at,
      recordId: fc.constant('g'),
      isConfirmed: fc.boolean(),
      addressHash: fc.constantFrom('mine', 'other', undefined),
    }),
    { maxLength: 4 },
  ),
});
const facts = fc.record({
  isMarketing: fc.boolean(),
  silence: fc.constantFrom('opt_in' as const, 'opt_out' as const),
  requiresConfirmation: fc.boolean(),
  ofTopic: fc.option(standing, { nil: undefined }),
  ofAll: fc.option(
    standing.map((one) => ({ ...one, grants: [], pending: undefined })),
    { nil: undefined },
  ),
  addressHash: fc.constant('mine'),
  suppressions: fc.subarray([...SUPPRESSION_REASONS]),
});

describe('a permission', () => {
  it('is given exactly to an address with a yes that no no undid, or where silence permits; never to a suppressed one', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { ofTopic, ofAll, isMarketing } = given;
        const denials = [ofTopic?.denial?.at, isMarketing ? ofAll?.denial?.at : undefined].filter(
          (one) => one !== undefined,
        );
        const isAlive = ({ at }: { at: number }) => denials.every((denial) => at > denial);
        const isEnough = (ofTopic?.grants ?? []).some(
          (grant) =>
            isAlive(grant) &&
            (grant.addressHash === 'mine' || (grant.addressHash === undefined && !given.requiresConfirmation)) &&
            (grant.isConfirmed || !given.requiresConfirmation),
        );
        const hasSpoken = denials.length > 0 || ofTopic?.pending !== undefined || (ofTopic?.grants.length ?? 0) > 0;
        const isSilentYes = !hasSpoken && given.silence === 'opt_out';
        const expected = given.suppressions.length === 0 && (isEnough || isSilentYes);
        expect(decidePermission(given).decision.kind === 'permitted').toBe(expected);
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('of an opt-out topic is ended by a no to it or to all marketing', () => {
    const silent = { silence: 'opt_out', requiresConfirmation: false, addressHash: 'mine', suppressions: [] } as const;
    const no = { denial: { at: 1, recordId: 'r' }, pending: undefined, grants: [] };
    const kind = (over: object) =>
      decidePermission({ isMarketing: true, ofTopic: undefined, ofAll: undefined, ...silent, ...over }).decision.kind;
    expect(kind({})).toBe('permitted');
    expect(kind({ ofTopic: no })).toBe('denied');
    expect(kind({ ofAll: no })).toBe('denied');
    expect(kind({ ofAll: no, isMarketing: false })).toBe('permitted');
  });
});
