export { type Config, ConfigError, readConfig, secretFile } from './config.ts';
export { findSecret, loadSecret } from './secret.ts';
export type { TrustProxy } from './trust-proxy.ts';
