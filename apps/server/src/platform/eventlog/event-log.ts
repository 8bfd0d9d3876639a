import type { Block } from './block.ts';
import { RecentBlocks } from './block.ts';
import type { LogId } from './event.ts';

/** Blocks of each log kept in memory for this process's own readers: at most 14 MB of text, some seconds of full load. */
const RECENT_CHARS_MAX = 14_000_000;

/** The log as one process knows it: what it appended lately, and who wants to be told. */
export interface EventLog {
  readonly recent: RecentBlocks;
  /** Call after the commit that appended the blocks. */
  appended(blocks: readonly Block[]): void;
  /** Calls back whenever this process appended to the log; answers how to stop. */
  onAppend(listener: (logs: ReadonlySet<LogId>) => void): () => void;
}

export function createEventLog(): EventLog {
  const recent = new RecentBlocks(RECENT_CHARS_MAX);
  const listeners = new Set<(logs: ReadonlySet<LogId>) => void>();
  return {
    recent,
    appended(blocks) {
      if (blocks.length === 0) return;
      for (const block of blocks) recent.add(block);
      const logs = new Set(blocks.map((block) => block.log));
      for (const listener of listeners) listener(logs);
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
