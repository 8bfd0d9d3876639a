export type { History, HistoryQuery } from './history.ts';
export { historyErrorCode, isRetryableHistoryError } from './history-error.ts';
export { migrateHistory } from './migrate-history.ts';
export { openHistory } from './open-history.ts';
