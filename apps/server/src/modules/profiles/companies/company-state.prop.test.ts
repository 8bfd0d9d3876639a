import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Json } from '../../../platform/json.ts';
import { currentTraits } from '../profile-section.ts';
import {
  type CompanyState,
  isPresent,
  joinSaid,
  type Membership,
  mergeCompanies,
  mergeMemberships,
  readGroup,
} from './company-state.ts';

interface Said {
  readonly atMs: number;
  readonly traits: Record<string, Json>;
}

const said: fc.Arbitrary<Said> = fc.record({
  atMs: fc.integer({ min: 1, max: 30 }),
  traits: fc.dictionary(
    fc.constantFrom('plan', 'employees', 'role'),
    fc.constantFrom<Json[]>('gold', 'basic', 7, null),
    { maxKeys: 3, noNullPrototype: true },
  ),
});

const read = ({ atMs, traits }: Said) =>
  readGroup({ atMs, groupId: { value: 'acme', isPersonal: false }, traits, personal: {} });
const companyOf = (one: Said): CompanyState => ({ ...read(one).company, personal: { traits: {} } });

/** The newest word on a trait, by sorting: at the same instant the greater text. */
function newest(all: readonly Said[], name: string, counts: (value: Json) => boolean): Json | undefined {
  return all
    .filter(({ traits }) => name in traits && counts(traits[name]!))
    .sort((a, b) => a.atMs - b.atMs || (JSON.stringify(a.traits[name]) > JSON.stringify(b.traits[name]) ? 1 : -1))
    .at(-1)?.traits[name];
}

describe('a company', () => {
  it('is what was said last of each trait, in whatever order it was heard', () => {
    fc.assert(
      fc.property(
        fc.array(said, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
        (all, keys) => {
          const heard = all
            .map((one, n) => ({ one, key: keys[n]! }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => companyOf(one));
          const company = heard.reduce(mergeCompanies);
          const expected: Record<string, Json> = {};
          for (const name of ['plan', 'employees']) {
            const value = newest(all, name, () => true);
            if (value !== undefined && value !== null) expected[name] = value;
          }
          expect(currentTraits(company.traits)).toEqual(expected);
          expect(company.firstMs).toBe(Math.min(...all.map(({ atMs }) => atMs)));
          expect(company.lastMs).toBe(Math.max(...all.map(({ atMs }) => atMs)));
          expect(mergeCompanies(company, company)).toEqual(company);
        },
      ),
      { numRuns: propertyRuns(1_000) },
    );
  });
});

describe('belonging to a company', () => {
  it('is what all identifiers of the profile say together, however what was said lies with them', () => {
    const leaving = fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3, nil: null });
    const part = fc.record({ said, leftMs: leaving, node: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const all = parts.map(({ said: one, leftMs }): Membership => ({ ...read(one).membership, leftMs }));
        const nodes = [0, 1, 2, 3].flatMap((node) => {
          const own = all.filter((_, index) => parts[index]!.node === node);
          return own.length === 0 ? [] : [own.reduce(mergeMemberships)];
        });
        const nobody = { role: null, roleMs: null, firstMs: null, lastMs: null };
        const left = Math.max(...all.map(({ leftMs }) => leftMs ?? 0));
        const together = all.reduce(mergeMemberships);
        expect(joinSaid(nodes)).toEqual(together);
        // Where only that it left was said, nothing but the leaving counts.
        expect(joinSaid([{ ...nobody, leftMs: 31 }, ...nodes])).toEqual({ ...together, leftMs: 31 });
        expect(joinSaid([{ ...nobody, leftMs: left }])).toBeUndefined();
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  const leaving = fc
    .integer({ min: 1, max: 30 })
    .map((atMs): Membership => ({ role: null, roleMs: null, firstMs: 1, lastMs: 0, leftMs: atMs }));
  const membership = fc.oneof(
    { weight: 4, arbitrary: said.map((one) => read(one).membership) },
    { weight: 1, arbitrary: leaving },
  );

  it('comes to the same in whatever order and grouping it is put together', () => {
    fc.assert(
      fc.property(membership, membership, membership, (a, b, c) => {
        expect(mergeMemberships(a, b)).toEqual(mergeMemberships(b, a));
        expect(mergeMemberships(mergeMemberships(a, b), c)).toEqual(mergeMemberships(a, mergeMemberships(b, c)));
        expect(mergeMemberships(a, a)).toEqual(a);
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('holds when it was said after the last leaving, as what was said last', () => {
    fc.assert(
      fc.property(
        fc.array(said, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
        (all, left) => {
          const parts = [
            ...all.map((one) => read(one).membership),
            ...left.map((leftMs) => ({ role: null, roleMs: null, firstMs: 1, lastMs: 0, leftMs })),
          ];
          const whole = parts.reduce(mergeMemberships);
          expect(isPresent(whole)).toBe(Math.max(...all.map(({ atMs }) => atMs)) > Math.max(0, ...left));
          // Of one instant a role stands before none, as the greater text.
          const role = all
            .filter(({ traits }) => traits['role'] === null || typeof traits['role'] === 'string')
            .sort(
              (a, b) =>
                a.atMs - b.atMs ||
                (((a.traits['role'] as string | null) ?? '') > ((b.traits['role'] as string | null) ?? '') ? 1 : -1),
            )
            .at(-1)?.traits['role'];
          expect(whole.role).toBe(role ?? null);
        },
      ),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('has a role that is cut between characters, never in the midst of one', () => {
    const { membership } = read({ atMs: 1, traits: { role: `${'a'.repeat(99)}\u{1F600}` } });
    expect(membership.role).toBe('a'.repeat(99));
  });
});
