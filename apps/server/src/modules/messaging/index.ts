export { createEmailChannel } from './channels/email/smtp.ts';
export { messagingMigrations } from './migrations/index.ts';
export type { SendDeps, SendGuard } from './ports.ts';
export { queueMessages } from './queue-messages.ts';
export { recoverMessages } from './recover-messages.ts';
export { messagingRoutes } from './routes.ts';
export { runDueMessages } from './run-due-messages.ts';
export { messagingStage } from './stage.ts';
export type { MessageIntent } from './types.ts';
