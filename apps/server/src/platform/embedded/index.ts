export { lockDataDir, type DataDirLock } from './lock-data-dir.ts';
export { startEmbeddedClickHouse, type EmbeddedClickHouseOptions } from './start-embedded-clickhouse.ts';
export { startEmbeddedPostgres, type EmbeddedEngine, type EmbeddedOptions } from './start-embedded-postgres.ts';
export { startEngines, type EngineConfig, type EngineProcess, type Engines } from './start-engines.ts';
