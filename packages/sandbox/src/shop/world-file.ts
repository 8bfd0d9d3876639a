import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { World } from './world.ts';

/** The saved world; undefined when there is none yet, or none that can be read. */
export async function loadWorld(file: string): Promise<World | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as World;
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step, so that a kill leaves the old world or the new one. */
export async function saveWorld(file: string, world: World): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(world));
  await rename(`${file}.new`, file);
}
