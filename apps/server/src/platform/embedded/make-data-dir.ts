import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';

/** Creates the data folder on first start; returns its real path. */
export function makeDataDir(folder: string): string {
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    // Under root the engine's OS user has to pass through; what is inside stays closed to it.
    chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
  }
  return realpathSync(folder);
}
