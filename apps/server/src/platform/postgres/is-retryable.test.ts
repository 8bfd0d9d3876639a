import { describe, expect, it } from 'vitest';
import { isLostRace, isRetryable } from './is-retryable.ts';

const withCode = (code: string) => Object.assign(new Error('x'), { code });

describe('a fault of the database', () => {
  it.each([
    ['a full disk', '53100'],
    ['no memory left', '53200'],
    ['a cancelled query', '57014'],
    ['a restart', '57P01'],
    ['a failed read', '58030'],
    ['a lost connection', '08006'],
    ['a lost race', '40001'],
    ['an idle transaction that was ended', '25P03'],
    ['a name that is not found just now', 'EAI_AGAIN'],
  ])('is no reason to give the work up: %s', (_what, code) => {
    expect(isRetryable(withCode(code))).toBe(true);
  });

  it.each([
    ['a value that does not fit', '22P02'],
    ['a broken constraint', '23505'],
    ['a statement that is wrong', '42601'],
  ])('is told from a fault of the work itself: %s', (_what, code) => {
    expect(isRetryable(withCode(code))).toBe(false);
  });

  it('is a lost race only when the transaction was surely rolled back', () => {
    for (const code of ['40001', '40P01', '55P03']) expect(isLostRace(withCode(code))).toBe(true);
    for (const code of ['08006', '57P01', '53100', '23505', 'ECONNRESET'])
      expect(isLostRace(withCode(code))).toBe(false);
    expect(isLostRace(new Error('Connection terminated unexpectedly'))).toBe(false);
  });
});
