import type { FastifyInstance } from 'fastify';
import { parsePublicId, publicId } from '../platform/ids/index.ts';

/** A member undoes the newest merge of a profile; answers the internal id of the one that is there again. */
export async function undoNewestMerge(app: FastifyInstance, profileId: string): Promise<string> {
  const url = `/api/v1/profiles/${publicId('prf', profileId)}`;
  const identity = await app.inject({ method: 'GET', url: `${url}/identity` });
  const { merges } = identity.json<{ merges: { id: string; undoneAt: string | null }[] }>();
  const newest = merges.find(({ undoneAt }) => undoneAt === null);
  if (newest === undefined) throw new Error(`${profileId} has no merge to undo`);
  const undone = await app.inject({ method: 'POST', url: `${url}/unmerge`, payload: { merge: newest.id } });
  if (undone.statusCode !== 200) throw new Error(undone.body);
  return parsePublicId('prf', undone.json<{ restoredProfileId: string }>().restoredProfileId)!;
}
