// The gate before every commit: format, lint, types, boundaries, dead code, dead document paths, unit tests. Under a minute.
import { resultTable, runJobs, runStep } from './run-steps.mjs';
import { runSuite } from './run-suite.mjs';

const steps = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'boundaries', command: ['node', 'scripts/boundaries.mjs'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'document paths', command: ['node', 'scripts/doc-paths.mjs'] },
];

/** Runs every step, prints what failed and a table; `{ passed, failed }` counts unit tests, and each failed step as one failure. */
export async function check() {
  const unit = () => runSuite({ project: 'unit', name: 'unit tests', live: false });
  const results = await runJobs([unit, ...steps.map((step) => () => runStep(step))], 2);
  for (const { name, output } of results.filter((result) => result.code !== 0))
    console.error(`\n--- ${name}\n${output.trimEnd()}`);
  console.log(`\ncheck\n${resultTable(results)}`);
  const [units, ...others] = results;
  return { passed: units.passed, failed: units.failed + others.filter((result) => result.code !== 0).length };
}

if (process.argv[1] === import.meta.filename) {
  const { failed } = await check();
  process.exitCode = failed > 0 ? 1 : 0;
}
