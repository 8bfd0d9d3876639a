export { loadTemplateVersions } from './load-versions.ts';
export { contentMigrations } from './migrations/index.ts';
export { type EmailLinks, type RenderedEmail, renderEmail, templateScope, type TemplateVersion } from './render-email.ts';
export { templateRoutes } from './routes.ts';
export { currentTemplateVersion } from './template-store.ts';
export { createTracker, type TrackedMessage } from './tracking-link.ts';
export { createTrackingRoutes } from './tracking-routes.ts';
