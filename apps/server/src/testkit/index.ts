export { bundleProgram } from './bundle-program.ts';
export { createTestClock, type TestClock } from './test-clock.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { createTestHistory, type TestHistory } from './test-history.ts';
