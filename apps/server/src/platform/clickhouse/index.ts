export type { History, HistoryInsert, HistoryQuery } from './history.ts';
export { historyErrorCode, isRetryableHistoryError } from './history-error.ts';
export { migrateHistory, type WithLock } from './migrate-history.ts';
export { openHistory, type HistoryOptions } from './open-history.ts';
export { scanSql, splitStatements } from './split-statements.ts';
