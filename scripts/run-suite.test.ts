import { describe, expect, test } from 'vitest';
import { countTests, failuresOf } from './run-suite.mjs';

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

test('every failure is named in a line: the test and its error, or the file that does not load', () => {
  const failed = {
    name: `${process.cwd()}/a.test.ts`,
    status: 'failed',
    assertionResults: [
      { status: 'passed', fullName: 'is well' },
      { status: 'failed', fullName: 'is ill', failureMessages: ['expected 1 to be 2\n    at a.test.ts:3'] },
    ],
  };
  const broken = {
    name: `${process.cwd()}/b.test.ts`,
    status: 'failed',
    assertionResults: [],
    message: 'no such module',
  };
  expect(failuresOf({ testResults: [failed, broken, file('passed', 'passed')] })).toEqual([
    'a.test.ts > is ill: expected 1 to be 2',
    'b.test.ts: no such module',
  ]);
  expect(failuresOf(undefined)).toEqual([]);
});
