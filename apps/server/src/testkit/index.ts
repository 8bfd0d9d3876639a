export { startEngineServer, type EngineServer } from './engine-process.ts';
export { createTestClock, type TestClock } from './test-clock.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { createTestHistory, type TestHistory } from './test-history.ts';
export { makeTempFolder } from './temp-folder.ts';
export { withPostgres } from './with-postgres.ts';
