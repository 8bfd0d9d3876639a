import { createContext, type Services } from '../../platform/context.ts';
import { inSubjects, inTransaction, readPositions } from '../../platform/eventlog/index.ts';
import { findUnsettled, followMerged, listLanes } from '../profiles/index.ts';
import { moveToProfiles } from './move-store.ts';
import { decideMessages } from './decide-messages.ts';
import { deliverMessages } from './deliver-messages.ts';
import { findAddressees } from './find-addressees.ts';
import { followLanes, toLanePositions } from './lag.ts';
import { messageEvent } from './message-events.ts';
import {
  claimDueMessages,
  type ClaimedMessage,
  type DueMessage,
  postponeMessages,
  refuseMessages,
} from './message-store.ts';
import { isPassingFault } from './outcome-store.ts';
import type { SendDeps } from './ports.ts';
import { prepareMessages } from './prepare-messages.ts';
import type { Departure } from './prepared-message.ts';

/** All of a round are marked as sending at once: if the process dies, so many outcomes at the most are unknown. */
const BATCH_MESSAGES_MAX = 50;
/** How long a claim keeps other processes off; one that died gives its claims up by this. */
const CLAIM_MS = 10_000;
/** How soon a message that waits for its profile's lanes is looked at again; lanes are usually behind by less. */
const LAG_RETRY_MS = 50;
/** How soon one whose profile has just lost or got an identifier is; what is filed under that follows within a second. */
const UNSETTLED_RETRY_MS = 1_000;

/**
 * One round of sending: claims due messages, leaves those whose profile's events are still being processed, decides the
 * rest under the profiles' locks and hands over those that may go. Answers how many were decided; run it again at once
 * while that is not 0.
 */
export async function runDueMessages(
  services: Services,
  deps: SendDeps,
  messagesMax = BATCH_MESSAGES_MAX,
): Promise<number> {
  const now = services.clock.now();
  const claimed = await claimDueMessages(services.postgres, { now, untilMs: now + CLAIM_MS, limit: messagesMax });
  if (claimed.length === 0) return 0;
  const departures: Departure[] = [];
  let decided = 0;
  try {
    for (const messages of byWorkspace(claimed)) {
      const ready = await leaveUnsettled(
        services,
        await leaveLagging(services, await toCurrentProfiles(services, await findAddressees(services, messages))),
      );
      await decideReady({ services, deps, departures }, ready);
      decided += ready.length;
    }
  } finally {
    // Whatever was committed as sending goes out, though a later workspace of the round failed.
    await deliverMessages(services, deps, departures);
  }
  return decided;
}

function byWorkspace(messages: readonly ClaimedMessage[]): ClaimedMessage[][] {
  const groups = new Map<number, ClaimedMessage[]>();
  for (const message of messages) {
    const group = groups.get(message.workspaceId);
    if (group === undefined) groups.set(message.workspaceId, [message]);
    else group.push(message);
  }
  return [...groups.values()];
}

/** A message queued for a profile that was merged away just then belongs to the surviving one. */
async function toCurrentProfiles(services: Services, messages: readonly DueMessage[]): Promise<DueMessage[]> {
  const [first] = messages;
  if (first === undefined) return [];
  const { workspaceId } = first;
  const ids = [...new Set(messages.map((message) => message.profileId))];
  const current = await followMerged(services.postgres, workspaceId, ids);
  const merged = [...current].filter(([from, into]) => from !== into);
  if (merged.length > 0) {
    await inSubjects(services, { workspaceId, ids: merged.map(([, into]) => into) }, async (batch) => {
      // Asked again under the lock: whoever was separated meanwhile has got her messages back.
      const still = await followMerged(batch.sql, workspaceId, ids);
      const moves = new Map(merged.filter(([from, into]) => still.get(from) === into));
      await moveToProfiles(batch.sql, workspaceId, moves);
    });
  }
  return messages.map((message) => ({ ...message, profileId: current.get(message.profileId) ?? message.profileId }));
}

/** Goal against lag: what was accepted before a message fell due is processed before it is decided. */
async function leaveLagging(services: Services, messages: readonly DueMessage[]): Promise<DueMessage[]> {
  const [first] = messages;
  if (first === undefined) return [];
  const { workspaceId } = first;
  const lanes = await listLanes(services.postgres, workspaceId, [
    ...new Set(messages.map((message) => message.profileId)),
  ]);
  const positions = toLanePositions(await readPositions(services.postgres, 'processor'));
  const now = services.clock.now();
  const ready: DueMessage[] = [];
  const postponed = messages.flatMap((message) => {
    const lag = followLanes({ lanes: lanes.get(message.profileId) ?? [], positions, marks: message.laneMarks });
    if (lag.kind === 'passed') {
      ready.push(message);
      return [];
    }
    const first = message.laneMarks === undefined;
    const moment = first
      ? ({ at: now, what: 'waiting', reason: 'events of the profile are being processed' } as const)
      : undefined;
    return [{ id: message.id, untilMs: now + LAG_RETRY_MS, laneMarks: lag.marks, moment }];
  });
  await postponeMessages(services.postgres, workspaceId, postponed);
  return ready;
}

/** A message may be filed under an identifier that is somebody else's by now: it goes there first. */
async function leaveUnsettled(services: Services, messages: readonly DueMessage[]): Promise<readonly DueMessage[]> {
  const [first] = messages;
  if (first === undefined) return messages;
  const { workspaceId } = first;
  const ids = [...new Set(messages.map((message) => message.profileId))];
  const unsettled = await findUnsettled(services.postgres, workspaceId, ids);
  if (unsettled.size === 0) return messages;
  const untilMs = services.clock.now() + UNSETTLED_RETRY_MS;
  const postponed = messages.flatMap(({ id, profileId }) =>
    unsettled.has(profileId) ? [{ id, untilMs, laneMarks: undefined, moment: undefined }] : [],
  );
  await postponeMessages(services.postgres, workspaceId, postponed);
  return messages.filter(({ profileId }) => !unsettled.has(profileId));
}

interface Round {
  readonly services: Services;
  readonly deps: SendDeps;
  /** What is committed as sending; it grows as decisions are committed, so that a later failure loses none. */
  readonly departures: Departure[];
}

async function decideReady(round: Round, messages: readonly DueMessage[]): Promise<void> {
  const { deps, departures } = round;
  for (const { id } of messages) deps.inFlight.add(id);
  try {
    if (messages.length > 0) await decideEach(round, messages);
  } finally {
    const leaving = new Set(departures.map(({ message }) => message.id));
    for (const { id } of messages) if (!leaving.has(id)) deps.inFlight.delete(id);
  }
}

/** One message that cannot be decided must not hold back the others: a batch that fails is tried one by one. */
async function decideEach(round: Round, messages: readonly DueMessage[]): Promise<void> {
  const { services, deps, departures } = round;
  try {
    const reader = createContext(services, messages[0]!.workspaceId, { kind: 'system', name: 'messaging' });
    departures.push(...(await decideMessages(services, deps, await prepareMessages(reader, deps, messages))));
  } catch (error) {
    if (isPassingFault(error)) throw error;
    if (messages.length > 1) {
      for (const message of messages) await decideEach(round, [message]);
      return;
    }
    services.logger.error({ error, messageId: messages[0]!.id }, 'a message could not be prepared');
    await refuseBroken(services, messages[0]!);
  }
}

async function refuseBroken(services: Services, message: DueMessage): Promise<void> {
  const ctx = createContext(services, message.workspaceId, { kind: 'system', name: 'messaging' });
  await inTransaction(ctx, async (ctx) => {
    const now = ctx.clock.now();
    const refusal = { by: 'content', reason: 'the message could not be prepared' } as const;
    await refuseMessages(ctx.sql, ctx.workspaceId, { refusals: [{ id: message.id, ...refusal }], now });
    ctx.emit(messageEvent('Message Refused', message, { now, ...refusal }));
  });
}
