import type { Services } from '../../platform/context.ts';
import { ownersOfNodes } from '../profiles/index.ts';
import { type ClaimedMessage, type DueMessage, postponeMessages, refuseMessages } from './message-store.ts';
import { assignAddressees } from './addressee-store.ts';

const MINUTE_MS = 60_000;
/** How soon a new address is looked at again; the event that makes its profile is processed within a second. */
const SOON_MS = 250;
const LATER_MS = 30_000;
const GIVE_UP_MS = 24 * 60 * MINUTE_MS;

/** Messages of one workspace, without those whose address belongs to nobody yet: they are looked at again. */
export async function findAddressees(services: Services, messages: readonly ClaimedMessage[]): Promise<DueMessage[]> {
  const { workspaceId } = messages[0]!;
  const addressed = messages.filter(({ profileId }) => profileId === undefined);
  if (addressed.length === 0) return messages as DueMessage[];
  const { postgres: sql, clock } = services;
  const owners = await ownersOfNodes(sql, workspaceId, [...new Set(addressed.flatMap(({ toNode }) => toNode ?? []))]);
  const found = messages.flatMap((message): DueMessage[] => {
    const profileId = message.profileId ?? owners.get(message.toNode ?? 0);
    return profileId === undefined ? [] : [{ ...message, profileId }];
  });
  const known = new Set(found.map(({ id }) => id));
  const now = clock.now();
  const missing = addressed.filter(({ id }) => !known.has(id));
  const isLost = ({ dueAt }: ClaimedMessage) => now - dueAt > GIVE_UP_MS;
  await assignAddressees(
    sql,
    workspaceId,
    found.filter(({ id }) => addressed.some((one) => one.id === id)),
  );
  await postponeMessages(
    sql,
    workspaceId,
    missing
      .filter((message) => !isLost(message))
      .map(({ id, dueAt }) => ({
        ...{ id, untilMs: now + (now - dueAt < MINUTE_MS ? SOON_MS : LATER_MS) },
        ...{ laneMarks: undefined, moment: undefined },
      })),
  );
  const reason = 'the address became nobody’s: what it was announced by was refused';
  const refusals = missing.filter(isLost).map(({ id }) => ({ id, by: 'profile' as const, reason }));
  await refuseMessages(sql, workspaceId, { refusals, now });
  return found;
}
