// npm test: check, then every suite one after the other (they want both cores). `--all` adds the long ones; names run
// only those suites: `node scripts/test.mjs int prop`. The last line sums all of them.
import { check } from './check.mjs';
import { resultTable } from './run-steps.mjs';
import { runSuite } from './run-suite.mjs';

const suites = [
  { name: 'int', project: 'int' },
  { name: 'prop', project: 'prop' },
  { name: 'crash', project: 'crash' },
  { name: 'story', project: 'story' },
];

/** What is too long for every day, or needs a browser. */
const longSuites = [
  { name: 'long', project: 'long' },
  { name: 'chaos', project: 'chaos' },
  { name: 'browser', project: 'browser' },
  { name: 'prop, 5 times the runs', project: 'prop', env: { PROPERTY_RUNS: '5' } },
];

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const unknown = asked.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(', ')}. There are: ${suites.map((suite) => suite.name).join(', ')}`);
  process.exit(2);
}

const chosen = asked.length > 0 ? suites.filter((suite) => asked.includes(suite.name)) : suites;
if (process.argv.includes('--all')) chosen.push(...longSuites);

const total = asked.length > 0 ? { passed: 0, failed: 0 } : await check();
const results = [];
for (const suite of chosen) {
  console.log(`\n--- ${suite.name}`);
  const result = await runSuite(suite);
  results.push(result);
  total.passed += result.passed;
  total.failed += result.failed;
}
const failures = results.flatMap((result) => result.failures.map((failure) => `  FAIL  ${result.name}: ${failure}`));
if (failures.length > 0) console.log(`\nfailed tests\n${failures.join('\n')}`);
console.log(`\nsuites\n${resultTable(results)}\n\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
