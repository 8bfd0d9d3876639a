import type { Sql } from '../postgres/index.ts';
import { deleteDeadLetters, pageDeadLetterLines } from './dead-letter-store.ts';
import { decodeEvent } from './event.ts';

const PAGE_LINES = 500;

/** Deletes the dead letters that name one of these nodes; which do is only told by reading each. Answers how many. */
export async function forgetDeadLetters(sql: Sql, workspaceId: number, nodes: readonly number[]): Promise<number> {
  const hers = new Set(nodes);
  let afterId: string | undefined;
  let count = 0;
  for (;;) {
    const page = await pageDeadLetterLines(sql, workspaceId, { afterId, limit: PAGE_LINES });
    const ids = page.filter(({ line }) => nodesOf(line).some((id) => hers.has(id))).map(({ id }) => id);
    if (ids.length > 0) count += await deleteDeadLetters(sql, workspaceId, ids);
    afterId = page.at(-1)?.id;
    if (page.length < PAGE_LINES) return count;
  }
}

function nodesOf(line: string): number[] {
  try {
    return decodeEvent(line, { log: 0, lane: 0, seq: 0 }).nodes.map(({ id }) => id);
  } catch {
    // Of nobody: a line that cannot be read is filed under no workspace either.
    return [];
  }
}
