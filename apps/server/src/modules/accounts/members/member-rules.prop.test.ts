import { allows, EVERY_SCOPE, ROLE_SCOPES, ROLES, SCOPES, type Role } from '@segue/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../platform/context.ts';
import {
  authorityOf,
  decideGiving,
  decideRemoval,
  decideRoleChange,
  holdsAll,
  rolesNotHersToGive,
  scopesLeft,
} from './member-rules.ts';

interface Somebody {
  readonly id: number;
  readonly role: Role;
}
type Step =
  | { readonly kind: 'change'; readonly by: number; readonly whom: number; readonly to: Role }
  | { readonly kind: 'remove'; readonly by: number; readonly whom: number }
  | { readonly kind: 'invite'; readonly by: number; readonly to: Role };

const role = fc.constantFrom(...ROLES);
const index = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('change' as const), by: index, whom: index, to: role }),
  fc.record({ kind: fc.constant('remove' as const), by: index, whom: index }),
  fc.record({ kind: fc.constant('invite' as const), by: index, to: role }),
);
const memberActor = (somebody: Somebody): Actor => ({
  kind: 'member',
  id: String(somebody.id),
  role: somebody.role,
  scopes: ROLE_SCOPES[somebody.role],
});
const keyActor = (scopes: readonly string[]): Actor => ({ kind: 'apiKey', id: 'key', scopes });
const mayWrite = (somebody: Somebody) => ROLE_SCOPES[somebody.role].includes('members:write');

describe('who may change members', () => {
  it('leaves every workspace an owner, whatever anybody tries in whatever order', () => {
    fc.assert(
      fc.property(fc.array(role, { maxLength: 6 }), fc.array(step, { maxLength: 40 }), (others, steps) => {
        let members: Somebody[] = ['owner' as const, ...others].map((given, id) => ({ id, role: given }));
        for (const tried of steps) {
          const by = members[tried.by % members.length]!;
          const authority = authorityOf(memberActor(by));
          const owners = members.filter((member) => member.role === 'owner').length;
          if (tried.kind === 'invite') {
            if (decideGiving(authority, tried.to).kind === 'allowed')
              members.push({ id: members.length + 100, role: tried.to });
            continue;
          }
          const whom = members[tried.whom % members.length]!;
          if (tried.kind === 'remove') {
            if (decideRemoval(authority, { role: whom.role, owners }).kind === 'allowed')
              members = members.filter((member) => member !== whom);
          } else if (decideRoleChange(authority, { from: whom.role, to: tried.to, owners }).kind === 'allowed') {
            members = members.map((member) => (member === whom ? { ...member, role: tried.to } : member));
          }
          expect(members.some((member) => member.role === 'owner')).toBe(true);
        }
      }),
    );
  });

  it('lets only owners make, unmake, remove or invite owners', () => {
    fc.assert(
      fc.property(role, role, role, fc.integer({ min: 1, max: 5 }), (by, from, to, owners) => {
        const authority = authorityOf(memberActor({ id: 1, role: by }));
        const touchesOwner = from === 'owner' || to === 'owner';
        const change = decideRoleChange(authority, { from, to, owners });
        if (touchesOwner && change.kind === 'allowed') expect(by).toBe('owner');
        if (decideGiving(authority, 'owner').kind === 'allowed') expect(by).toBe('owner');
        if (decideRemoval(authority, { role: 'owner', owners }).kind === 'allowed') expect(by).toBe('owner');
      }),
    );
  });

  it('never gives a role that may do more than whoever gives it, from any set of scopes', () => {
    fc.assert(
      fc.property(fc.subarray([...SCOPES, EVERY_SCOPE]), role, (scopes, to) => {
        const decision = decideGiving(authorityOf(keyActor(scopes)), to);
        const isWithin = scopes.includes(EVERY_SCOPE) || ROLE_SCOPES[to].every((scope) => scopes.includes(scope));
        expect(decision.kind === 'allowed').toBe(to !== 'owner' && isWithin);
      }),
    );
  });

  it('leaves a key nothing that whoever made it could not give it now, and takes nothing else', () => {
    const become = fc.option(role, { nil: undefined });
    fc.assert(
      fc.property(fc.subarray([...SCOPES, EVERY_SCOPE], { minLength: 1 }), become, (scopes, to) => {
        const left = scopesLeft(scopes, to);
        const authority = to === undefined ? undefined : authorityOf(memberActor({ id: 1, role: to }));
        if (left.length > 0) expect(authority !== undefined && holdsAll(authority, left)).toBe(true);
        for (const scope of SCOPES) {
          const isHers = to !== undefined && ROLE_SCOPES[to].includes(scope);
          expect(allows(left, scope)).toBe(allows(scopes, scope) && isHers);
        }
      }),
    );
  });

  it('leaves of her invites those she could send now', () => {
    expect(rolesNotHersToGive(undefined)).toEqual(ROLES);
    for (const to of ROLES) {
      const authority = authorityOf(memberActor({ id: 1, role: to }));
      const could = (given: Role) => mayWrite({ id: 1, role: to }) && decideGiving(authority, given).kind === 'allowed';
      expect(rolesNotHersToGive(to)).toEqual(ROLES.filter((given) => !could(given)));
    }
  });

  it('lets owners and admins do what they are there for', () => {
    for (const by of ROLES.map((given, id) => ({ id, role: given })).filter(mayWrite)) {
      const authority = authorityOf(memberActor(by));
      for (const from of ROLES.filter((given) => given !== 'owner')) {
        for (const to of ROLES.filter((given) => given !== 'owner'))
          expect(decideRoleChange(authority, { from, to, owners: 1 })).toEqual({ kind: 'allowed' });
        expect(decideRemoval(authority, { role: from, owners: 1 })).toEqual({ kind: 'allowed' });
      }
    }
    const owner = authorityOf(memberActor({ id: 0, role: 'owner' }));
    expect(decideRemoval(owner, { role: 'owner', owners: 2 })).toEqual({ kind: 'allowed' });
    expect(decideRemoval(owner, { role: 'owner', owners: 1 })).toEqual({ kind: 'refused', reason: 'lastOwner' });
  });
});
