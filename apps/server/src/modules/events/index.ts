export { announce, type Announcement, type Who } from './announcements/announce.ts';
export { runAnnouncements } from './announcements/run-announcements.ts';
export { runArchive } from './archive/run-archive.ts';
export { eventsHistoryMigrations } from './history-migrations/index.ts';
export { type Committer, createCommitter } from './intake/committer.ts';
export type { ReadEvent } from './intake/read-item.ts';
export { readOne } from './intake/read-request.ts';
export { BLIND_CHARS_MAX, blindHashesOf } from './intake/blind-properties.ts';
export { isPersonalPath, isPersonalTrait, joinPersonal } from './intake/personal.ts';
export { openGeoIp } from './intake/geo-ip.ts';
export { type IntakeSettings, registerIntake } from './intake/routes.ts';
export { eventRoutes } from './routes.ts';
export {
  createWebhookRoutes,
  retainWebhooks,
  runWebhooks,
  WebhookSender,
  watchWebhooks,
  webhooksMigrations,
} from './webhooks/index.ts';
export { sessionsStage } from './sessions/sessions-stage.ts';
export { SESSION_TRAITS } from './sessions/session-traits.ts';
export { type EventNames, forgetEvents, listProfilesOnlyFrom } from './history/history-sql.ts';
export { createSubjectHistory, readUnarchived } from './history/subject-history.ts';
export { eventsPersonalData } from './personal-data/events-personal-data.ts';
export { eventsMigrations } from './migrations/index.ts';
export { createSourceRoutes } from './sources/routes.ts';
export { runObserver } from './sources/run-observer.ts';
export { runRejectionRetention } from './sources/run-rejection-retention.ts';
export { tellUnfitEvents, type UnfitEvent } from './sources/tell-unfit-events.ts';
export { sessionRoutes } from './sessions/session-routes.ts';
