export { changeJourneyState } from './change-journey-state.ts';
export { createJourney, updateJourney } from './create-journey.ts';
export { journeysMigrations } from './migrations/index.ts';
export { publishJourney } from './publish-journey.ts';
export { journeyRoutes } from './routes.ts';
export { journeySendGuard } from './send-guard.ts';
export { createJourneysStage } from './stage.ts';
export { runDueJourneyWaits } from './wake-runs.ts';
