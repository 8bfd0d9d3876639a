export { startEngineServer, type EngineServer } from './engine-process.ts';
export { checkAnswers } from './check-answers.ts';
export { numberWorkspaces } from './number-workspaces.ts';
export { serveRoutes } from './serve-routes.ts';
export { createTestClock, type TestClock } from './test-clock.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { createTestHistory, type TestHistory } from './test-history.ts';
export { makeTempFolder } from './temp-folder.ts';
export { withPostgres } from './with-postgres.ts';
