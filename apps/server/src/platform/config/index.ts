export { type Config, ConfigError, readConfig, type Role } from './config.ts';
export { loadSecret } from './secret.ts';
