export { arrayLiteral } from './array-literal.ts';
export { isLostRace, isRetryable } from './is-retryable.ts';
export { checksumOf, migratePostgres, sortMigrations, verifyLedger } from './migrate-postgres.ts';
export { openPostgres } from './open-postgres.ts';
export { watchPool } from './pool-metrics.ts';
export type { Migration, Postgres, Sql, Statement, Transaction } from './sql.ts';
export { withAdvisoryLock } from './with-advisory-lock.ts';
