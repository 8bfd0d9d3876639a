import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, runStep } from './run-steps.mjs';

const reports = join(root, 'node_modules/.cache/segue');

/** Runs one vitest project; the result of its step, how many tests passed, failed and were skipped, and what failed. */
export async function runSuite({ project, name = project, files = [], env = {}, live = true }) {
  mkdirSync(reports, { recursive: true });
  const report = join(reports, `${name.replaceAll(/\W+/g, '-')}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = ['vitest', 'run', '--project', project, ...reporters, ...files];
  const step = await runStep({ name, command, env, live });
  const told = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  const counts = countTests(told, step.code);
  const note = `${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`;
  return {
    ...step,
    ...counts,
    note,
    failures: failuresOf(told),
    code: step.code === 0 && counts.failed > 0 ? 1 : step.code,
  };
}

/** What failed, a line each (file, test, the first line of its error), to be said once more where a long log ends. */
export function failuresOf(report) {
  return (report?.testResults ?? [])
    .filter((file) => file.status === 'failed')
    .flatMap((file) => {
      const path = relative(root, file.name);
      const tests = file.assertionResults.filter((result) => result.status === 'failed');
      if (tests.length === 0) return [`${path}: ${firstLine(file.message)}`];
      return tests.map((test) => `${path} > ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
    });
}

const firstLine = (message = '') => message.split('\n', 1)[0].slice(0, 300);

/**
 * Counts from vitest's JSON report. A file that does not even load holds no failed test, and a run that died leaves no
 * report: both count as one failure, so that "0 failed" is never said of a red run. A run without a single test is red.
 */
export function countTests(report, code) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const brokenFiles = (report?.testResults ?? []).filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = (report?.numFailedTests ?? 0) + brokenFiles.length;
  const isRed = code !== 0 || passed + failed === 0;
  return { passed, failed: isRed ? Math.max(failed, 1) : failed, skipped };
}
