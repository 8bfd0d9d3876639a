import { EVERY_SCOPE, ROLES } from '@segue/contract';
import { describe, expect, it } from 'vitest';
import { afterFailure, canCancel, deadlineMs, mayApprove } from './request-rules.ts';

const day = (ms: number): string => new Date(ms).toISOString();

describe('a deadline', () => {
  it.each([
    ['gdpr', '2026-11-22T09:30:00.000Z', '2026-12-22T09:30:00.000Z'],
    ['gdpr', '2026-01-31T23:59:59.999Z', '2026-02-28T23:59:59.999Z'],
    ['gdpr', '2028-01-30T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
    ['gdpr', '2026-12-31T12:00:00.000Z', '2027-01-31T12:00:00.000Z'],
    ['ccpa', '2026-11-22T09:00:00.000Z', '2027-01-06T09:00:00.000Z'],
    ['other', '2026-11-22T09:00:00.000Z', '2026-12-22T09:00:00.000Z'],
  ] as const)('by %s of what came at %s is %s', (regulation, from, to) => {
    expect(day(deadlineMs(regulation, Date.parse(from)))).toBe(to);
  });
});

describe('a request that failed', () => {
  it('is tried again ever later, and after six times left to a member', () => {
    const rests = [1, 2, 3, 4, 5].map((attempts) => afterFailure(attempts));
    expect(rests.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'received'));
    expect(rests.map(({ restMs }) => restMs)).toEqual([30_000, 60_000, 120_000, 240_000, 480_000]);
    expect(afterFailure(6).state).toBe('failed');
    const at = { kind: 'erase', attempts: 0, lease: 0, progress: {} } as const;
    expect([
      canCancel({ ...at, state: 'failed', attempts: 6, lease: 6 }),
      canCancel({ ...at, state: 'received', attempts: 1, lease: 1 }),
      canCancel({ ...at, state: 'running', attempts: 1, lease: 1 }),
      canCancel({ ...at, state: 'received' }),
    ]).toEqual([true, false, false, true]);
  });

  it('cannot be cancelled once the erasure was begun, though it failed for good or is tried again', () => {
    const begunOnes = [
      { kind: 'erase' as const, attempts: 0, lease: 7, progress: { profiles: ['a'] } },
      { kind: 'erase_shop' as const, attempts: 0, lease: 7, progress: { source: 1 } },
    ];
    for (const begun of begunOnes) {
      expect([canCancel({ ...begun, state: 'failed' }), canCancel({ ...begun, state: 'received' })]).toEqual([
        false,
        false,
      ]);
    }
    expect(canCancel({ ...begunOnes[1]!, state: 'waiting', lease: 0 })).toBe(true);
  });
});

describe('a request that waits', () => {
  it('is approved by an owner or admin in person, never by a key, whatever it may do', () => {
    const approves = ROLES.filter((role) => mayApprove({ kind: 'member', id: 'm', role, scopes: [EVERY_SCOPE] }));
    expect(approves).toEqual(['owner', 'admin']);
    expect(mayApprove({ kind: 'apiKey', id: 'k', scopes: [EVERY_SCOPE] })).toBe(false);
    expect(mayApprove({ kind: 'system', name: 'privacy' })).toBe(false);
  });
});
