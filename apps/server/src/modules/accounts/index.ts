export { createWorkspace } from './create-workspace.ts';
export { ensureFirstWorkspace } from './ensure-first-workspace.ts';
export { createKeyRing, type KeyRing } from './keys.ts';
export { accountsMigrations } from './migrations/index.ts';
