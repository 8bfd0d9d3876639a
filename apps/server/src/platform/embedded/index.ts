export { findEngineUrls, findServer } from './find-server.ts';
export { startEmbeddedClickHouse } from './start-embedded-clickhouse.ts';
export { startEmbeddedPostgres, type EmbeddedEngine } from './start-embedded-postgres.ts';
export { startEngines, type EngineProcess, type Engines } from './start-engines.ts';
