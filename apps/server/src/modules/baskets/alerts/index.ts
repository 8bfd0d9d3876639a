export { alertMigrations } from './migrations/index.ts';
export { createAlertRoutes } from './routes.ts';
export { type AskedTruth, alertTruths } from './alert-truths.ts';
export { runAlertEdges } from './edges/run-alert-edges.ts';
export { runAlertWaves } from './tell/run-alert-waves.ts';
export { forgetAlerts } from './forget-alerts.ts';
export { alertFollower } from './orders/alert-follower.ts';
export { createAlertsStage } from './profiles/alerts-stage.ts';
export { alertsPersonalData } from './personal-data.ts';
