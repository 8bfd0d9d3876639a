import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file a world is kept in. */
export interface WorldStore {
  /** What was kept last; undefined: nothing yet. */
  load(): Promise<string | undefined>;
  /** Resolves when this text, or one that was given later, is what a start after a kill finds. */
  keep(text: string): Promise<void>;
}

export function createWorldStore(file: string): WorldStore {
  let kept: string | undefined;
  let wanted: string | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    const text = wanted;
    if (text === undefined || text === kept) return;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, text);
    // In one step, so that a kill leaves the old world or the new one.
    await rename(`${file}.new`, file);
    kept = text;
  };
  return {
    async load() {
      kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return kept;
    },
    keep(text) {
      wanted = text;
      const written = writing.then(write);
      writing = written.catch(() => undefined);
      return written;
    },
  };
}
