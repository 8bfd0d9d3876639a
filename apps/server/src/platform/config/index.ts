export { type Config, ConfigError, readConfig } from './config.ts';
export { loadSecret } from './secret.ts';
