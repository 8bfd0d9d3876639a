import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const planted: string[] = [];

/** Writes the files into a new folder outside the repository that sees the same `node_modules`, and returns its path. */
export function plant(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'segue-planted-'));
  planted.push(folder);
  symlinkSync(resolve(import.meta.dirname, '../node_modules'), join(folder, 'node_modules'));
  for (const root of ['apps', 'packages', 'bench']) mkdirSync(join(folder, root));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** Removes every planted folder. */
export function removePlanted(): void {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true });
}
