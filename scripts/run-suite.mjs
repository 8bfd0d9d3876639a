import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runStep } from './run-steps.mjs';

const reports = join(root, 'node_modules/.cache/segue');

/** Runs one vitest project; the result of its step plus how many tests passed, failed and were skipped. */
export async function runSuite({ project, name = project, files = [], env = {}, live = true }) {
  mkdirSync(reports, { recursive: true });
  const report = join(reports, `${name.replaceAll(/\W+/g, '-')}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const command = ['vitest', 'run', '--project', project, ...reporters, ...files];
  const step = await runStep({ name, command, env, live });
  const counts = countTests(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined, step.code);
  const note = `${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`;
  return { ...step, ...counts, note, code: step.code === 0 && counts.failed > 0 ? 1 : step.code };
}

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
