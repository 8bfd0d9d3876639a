import { defineConfig } from 'vitest/config';

const everywhere = ['apps/*/src', 'packages/*/src', 'bench', 'scripts'];
const files = (suffix: string) => everywhere.map((dir) => `${dir}/**/*.${suffix}.ts`);
const suites = ['int', 'long', 'prop', 'crash', 'story', 'chaos', 'browser'];
const withEngines = { globalSetup: ['apps/server/src/testkit/start-test-engines.ts'] };

/** A condition that is waited for may take as long as the machine is busy. */
const patient = { expect: { poll: { timeout: 15_000 } } };

export default defineConfig({
  test: {
    // Two cores and engines of their own: most tests wait for a disk, so more workers than the default of one are quicker.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: files('test'),
          exclude: suites.flatMap((suite) => files(`${suite}.test`)),
          // Some start processes, which a busy machine lets wait.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...withEngines,
          ...patient,
          name: 'int',
          include: files('int.test'),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      // Integration tests that go through everything there is of something: too long for every day.
      {
        test: {
          ...withEngines,
          ...patient,
          name: 'long',
          include: files('long.test'),
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'prop',
          include: files('prop.test'),
          setupFiles: ['packages/testkit/src/property-runs.setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      // Crash tests and stories start whole servers: one at a time, or they time out on each other.
      {
        test: {
          ...withEngines,
          ...patient,
          name: 'crash',
          include: files('crash.test'),
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...patient,
          name: 'story',
          include: files('story.test'),
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      // Whole constellations of processes under load, and long stories of processes that are killed.
      {
        test: {
          ...withEngines,
          ...patient,
          name: 'chaos',
          include: files('chaos.test'),
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      // Real clients in Debian's chromium.
      {
        test: {
          ...withEngines,
          ...patient,
          name: 'browser',
          include: files('browser.test'),
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
