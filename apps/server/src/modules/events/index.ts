export { runArchive } from './archive/run-archive.ts';
export { eventsHistoryMigrations } from './history-migrations/index.ts';
export { type Committer, createCommitter } from './intake/committer.ts';
export { isPersonalTrait } from './intake/personal.ts';
export { registerIntake } from './intake/routes.ts';
export { eventRoutes } from './routes.ts';
