import type { Services } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { identifierReaderOf } from '../../profiles/index.ts';
import type { Committer } from '../intake/committer.ts';
import type { ReadEvent } from '../intake/read-item.ts';
import { readOne } from '../intake/read-request.ts';
import { type AnnouncementRow, deleteAnnouncements, listAnnouncements } from './announcement-store.ts';

const AT_ONCE_MAX = 500;

/** Somebody else has appended them. */
class TakenAway extends Error {}

/**
 * A round: appends what is announced to the log. The rows go in the transaction of their events, so that each is said
 * exactly once, by whichever process. Answers how many it took.
 */
export async function runAnnouncements(services: Services, { committer }: { committer: Committer }): Promise<number> {
  const rows = await listAnnouncements(services.postgres, AT_ONCE_MAX);
  for (const workspaceId of new Set(rows.map((row) => row.workspace_id))) {
    const own = rows.filter((row) => row.workspace_id === workspaceId);
    await append(services, committer, { workspaceId, rows: own });
  }
  return rows.length;
}

async function append(
  services: Services,
  committer: Committer,
  { workspaceId, rows }: { workspaceId: number; rows: readonly AnnouncementRow[] },
): Promise<void> {
  const keys = await services.keysOf(workspaceId);
  const reader = await identifierReaderOf(services, workspaceId);
  const receivedAtMs = services.clock.now();
  let sizeBytes = 0;
  const events = rows.flatMap(({ item: sealed, source, id }): ReadEvent[] => {
    const text = open(keys.wrapping, sealed);
    sizeBytes += text.length;
    const item = JSON.parse(text.toString('utf8')) as JsonObject;
    const envelope = { sentAt: undefined, context: undefined, receivedAtMs, source, isTrusted: true, reader };
    const read = readOne(item, item['type'] === 'identify' ? 'identify' : 'track', envelope);
    if (read.kind === 'event') return [read.event];
    // Nobody is left to be told, and nothing else is to wait for it.
    services.logger.error(
      { announcement: id, field: read.field, message: read.message },
      'an announcement was no event',
    );
    return [];
  });
  const ids = rows.map(({ id }) => id);
  const take = async (sql: Parameters<typeof deleteAnnouncements>[0]): Promise<void> => {
    if ((await deleteAnnouncements(sql, workspaceId, ids)) !== ids.length) throw new TakenAway();
  };
  try {
    if (events.length === 0) await services.postgres.transaction(take);
    else await committer.commit({ workspaceId, events, sizeBytes, alongside: take });
  } catch (error) {
    if (!isTakenAway(error)) throw error;
  }
}

/** The committer wraps what stops a transaction. */
function isTakenAway(error: unknown): boolean {
  return error instanceof TakenAway || (error instanceof Error && error.cause instanceof TakenAway);
}
