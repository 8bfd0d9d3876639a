export { loadTemplateVersions } from './load-versions.ts';
export { contentMigrations } from './migrations/index.ts';
export { renderEmail, templateScope, type TemplateVersion } from './render-email.ts';
export { templateRoutes } from './routes.ts';
export { currentTemplateVersion } from './template-store.ts';
export { createTracker } from './tracking-link.ts';
export { createTrackingRoutes } from './tracking-routes.ts';
