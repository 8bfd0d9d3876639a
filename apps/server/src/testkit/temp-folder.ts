import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty folder that every OS user may pass through, as an engine under root must. */
export function makeTempFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'segue-folder-'));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
