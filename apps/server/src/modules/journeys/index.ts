export { journeysMigrations } from './migrations/index.ts';
export { journeyRoutes } from './routes.ts';
export { journeySendGuard } from './send-guard.ts';
export { listNextSteps } from './list-next-steps.ts';
export { createJourneysStage } from './stage.ts';
export { watchWaits } from './wait-metrics.ts';
export { runDueJourneyWaits } from './wake-runs.ts';
export { journeysPersonalData } from './personal-data.ts';
