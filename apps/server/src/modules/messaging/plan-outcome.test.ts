import { describe, expect, it } from 'vitest';
import { planOutcome } from './plan-outcome.ts';

const plan = (outcome: Parameters<typeof planOutcome>[1], attempt = 1) =>
  planOutcome('m', outcome, { attempt, now: 1_000 });

describe('planOutcome', () => {
  it('keeps the count of what was sent or may have been', () => {
    expect(plan({ kind: 'accepted', reason: '250' })).toMatchObject({ write: { status: 'sent' }, givesBack: false });
    expect(plan({ kind: 'unknown', reason: 'x' })).toMatchObject({ write: { status: 'unknown' }, givesBack: false });
  });

  it('gives the count back for what surely never left', () => {
    expect(plan({ kind: 'deferred', reason: '450' }).givesBack).toBe(true);
    expect(plan({ kind: 'rejected', by: 'content', reason: '554' }).givesBack).toBe(true);
  });

  it('tries again later and later, and at last gives up', () => {
    let waitMs = 0;
    for (let attempt = 1; attempt <= 8; attempt++) {
      const { write } = plan({ kind: 'deferred', reason: '450' }, attempt);
      expect(write.status).toBe('queued');
      expect(write.nextAttemptAt! - 1_000).toBeGreaterThan(waitMs);
      waitMs = write.nextAttemptAt! - 1_000;
    }
    expect(plan({ kind: 'deferred', reason: '450' }, 9).write.status).toBe('failed');
  });

  it('never tries an unknown or rejected message again', () => {
    expect(plan({ kind: 'unknown', reason: 'x' }).write.nextAttemptAt).toBeUndefined();
    expect(plan({ kind: 'rejected', by: 'recipient', reason: '550' })).toMatchObject({
      isBounce: true,
      write: { status: 'failed', nextAttemptAt: undefined },
    });
  });
});
