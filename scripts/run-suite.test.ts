import { describe, expect, test } from 'vitest';
import { countTests } from './run-suite.mjs';

const file = (status: string, ...results: string[]) => ({
  status,
  assertionResults: results.map((result) => ({ status: result })),
});

describe('a red run never says 0 failed', () => {
  test('when the run died before its report', () => {
    expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('when a file does not load', () => {
    const report = { numPassedTests: 3, numFailedTests: 1, testResults: [file('failed'), file('failed', 'failed')] };
    expect(countTests(report, 1)).toEqual({ passed: 3, failed: 2, skipped: 0 });
  });

  test('when nothing was tested', () => {
    expect(countTests({ numPassedTests: 0, numFailedTests: 0, testResults: [] }, 0).failed).toBe(1);
  });

  test('when all tests passed and the process still failed', () => {
    expect(countTests({ numPassedTests: 3, numFailedTests: 0, testResults: [file('passed')] }, 1).failed).toBe(1);
  });
});

test('a green run counts what passed and what was skipped', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 2, testResults: [file('passed', 'passed')] };
  expect(countTests(report, 0)).toEqual({ passed: 3, failed: 0, skipped: 2 });
});
