import { createHash } from 'node:crypto';
import type { Services } from '../../platform/context.ts';
import { inSubjects, type NodeRef, type SubjectBatch } from '../../platform/eventlog/index.ts';
import {
  type ConfirmationQuestion,
  findUnaskable,
  markConfirmationsMailed,
  type Permission,
  type PermissionQuestion,
  readPermissions,
  readRhythms,
  type Rhythm,
  USUAL_RHYTHM,
} from '../consent/index.ts';
import { findUnsettled, isRestricted, ownersOfNodes, profilingObjectedAt } from '../profiles/index.ts';
import { capKey, type CountedSend, findLimits, insertCounted, listCounted } from './cap-store.ts';
import type { EmailContent, OutgoingMessage } from './channels/channel.ts';
import { decide, type FrequencyCap, type SendDecision, type SendFacts } from './gate.ts';
import { messageEvent } from './message-events.ts';
import { messageMetrics } from './message-metrics.ts';
import { type DueMessage, lockQueuedMessages, markSending, refuseMessages } from './message-store.ts';
import type { SendDeps } from './ports.ts';
import { isStillTrue, judgePromotion, type Promotion, readPromoted } from './promoted-products.ts';

/** A due message with everything that could be read and rendered without a lock. */
export interface PreparedMessage {
  readonly message: DueMessage;
  readonly templateExists: boolean;
  readonly address:
    | { readonly text: string; readonly hash: string; readonly mailboxHash: string; readonly node: NodeRef }
    | undefined;
  readonly content: EmailContent | undefined;
  /** Why there is no content. */
  readonly brokenFor: string | undefined;
  readonly unsubscribeUrl: string | undefined;
  /** What the page of the message needs to say the same; sealed. Undefined when it has none. */
  readonly shown: Buffer | undefined;
  /** The products it shows, by their places among those it names. */
  readonly shownProducts: readonly number[];
}

/** A message whose going is committed: it must be tried now, and never by anybody else. */
export interface Departure {
  readonly message: DueMessage;
  readonly attempt: number;
  readonly addressHash: string;
  readonly addressNode: NodeRef;
  readonly shown: Buffer | undefined;
  readonly outgoing: OutgoingMessage;
}

/**
 * Decides messages of one workspace under the locks of their profiles and commits the decisions: refusals with their
 * event; sendings with their count against the cap. What somebody else decided meanwhile is passed by.
 */
export async function decideMessages(
  services: Services,
  deps: SendDeps,
  prepared: readonly PreparedMessage[],
): Promise<Departure[]> {
  const workspaceId = prepared[0]!.message.workspaceId;
  const ids = [...new Set(prepared.map(({ message }) => message.profileId))];
  let decided: readonly Decided[] = [];
  const departures = await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const waiting = await lockQueuedMessages(
      batch.sql,
      workspaceId,
      prepared.map(({ message }) => message.id),
    );
    const nodes = prepared.flatMap(({ address }) => address?.node.id ?? []);
    const owners = await ownersOfNodes(batch.sql, workspaceId, nodes);
    // An address that became somebody else's meanwhile is prepared anew: her word is about hers.
    const isHers = ({ message, address }: PreparedMessage) =>
      address === undefined || owners.get(address.node.id) === message.profileId;
    // Asked again under the lock: whoever takes an identifier locks both.
    const unsettled = await findUnsettled(batch.sql, workspaceId, ids);
    const candidates = prepared.filter(
      (one) =>
        waiting.get(one.message.id) === one.message.profileId && isHers(one) && !unsettled.has(one.message.profileId),
    );
    const promoted = await readPromoted(batch.sql, workspaceId, {
      ...{ port: deps.products, nowMs: batch.now },
      messages: candidates.map(({ message }) => message),
    });
    const promotions = new Map(candidates.map((one) => [one, judgePromotion(promoted(one.message))]));
    // What was sold or bought since it was rendered is left out of it: it is prepared anew.
    const isTrue = (one: PreparedMessage) => {
      const promotion = promotions.get(one)!;
      return promotion.refused !== undefined || isStillTrue(one.shownProducts, promotion);
    };
    const asked = candidates.filter(isTrue);
    if (asked.length === 0) return [];
    decided = await decideAll(batch, deps, { candidates: asked, promotions });
    return writeDecisions(batch, deps, decided);
  });
  const { outcomes } = messageMetrics(services);
  for (const { prepared: one, decision } of decided) {
    if (decision.kind === 'refuse') outcomes.inc({ channel: one.message.channel, outcome: 'refused' });
  }
  return departures;
}

interface Decided {
  readonly prepared: PreparedMessage;
  readonly facts: SendFacts;
  readonly decision: SendDecision;
}

async function decideAll(
  batch: SubjectBatch,
  deps: SendDeps,
  asked: { candidates: readonly PreparedMessage[]; promotions: ReadonlyMap<PreparedMessage, Promotion> },
): Promise<Decided[]> {
  const { candidates, promotions } = asked;
  const { workspaceId, sql, now } = batch;
  const { cap, lessOften } = await findLimits(sql, workspaceId);
  const questions = new Map<string, PermissionQuestion>();
  for (const { message, address } of candidates) {
    const { id, profileId, channel, topic } = message;
    if (address !== undefined) questions.set(id, { profileId, channel, topic, addressHash: address.hash });
  }
  const permissions = await readPermissions(sql, workspaceId, [...questions.values()]);
  const profileIds = [...new Set(candidates.map(({ message }) => message.profileId))];
  const rhythms = await readRhythms(sql, workspaceId, profileIds);
  const isSlow = [...rhythms.values()].some((rhythm) => rhythm.isLessOften);
  const sinceMs = now - Math.max(cap.windowMs, isSlow ? lessOften.windowMs : 0);
  const counted = await listCounted(sql, workspaceId, { profileIds, sinceMs });
  const unaskable = await findUnaskable(sql, workspaceId, { questions: confirmationsOf(candidates), now });
  const unwanted = await deps.guard.findUnwanted(
    sql,
    workspaceId,
    candidates.map(({ message }) => message),
  );
  return candidates.map((prepared) => {
    const { message } = prepared;
    const question = questions.get(message.id);
    const permission = question === undefined ? undefined : permissions.get(question);
    const key = capKey(message.profileId, message.channel);
    const facts = toFacts(prepared, {
      channelReady: deps.channels.has(message.channel),
      profileExists: batch.subjects.has(message.profileId),
      isRestricted: isRestricted(batch.subjects.get(message.profileId)),
      isObjectedProfiling:
        message.source.kind === 'journey' && profilingObjectedAt(batch.subjects.get(message.profileId)) !== undefined,
      permission,
      asking:
        message.source.kind === 'confirmation'
          ? { refusedFor: unaskable.get(message.source.confirmationId) }
          : undefined,
      unwantedFor: unwanted.get(message.id),
      promotion: promotions.get(prepared)?.refused,
      cap,
      countedAt: counted.get(key) ?? [],
      ...restraints(rhythms.get(message.profileId), { cap: lessOften, counted, profileId: message.profileId }),
    });
    const decision = decide(facts, now);
    // The next message of the same profile must see this one.
    if (decision.kind === 'send' && facts.marketing) counted.set(key, [...facts.countedAt, now]);
    return { prepared, facts, decision };
  });
}

/** What the customer wished about when and how often. */
function restraints(
  rhythm: Rhythm = USUAL_RHYTHM,
  less: { cap: FrequencyCap; counted: ReadonlyMap<string, readonly number[]>; profileId: string },
): Pick<SendFacts, 'pausedUntil' | 'lessOften'> {
  const { cap, counted, profileId } = less;
  const ofAllChannels = () =>
    [...counted].flatMap(([key, times]) => (key.startsWith(capKey(profileId, '')) ? times : []));
  return {
    pausedUntil: rhythm.pausedUntil,
    lessOften: rhythm.isLessOften ? { cap, countedAt: ofAllChannels() } : undefined,
  };
}

function confirmationsOf(candidates: readonly PreparedMessage[]): ConfirmationQuestion[] {
  return candidates.flatMap(({ message, address }) =>
    message.source.kind !== 'confirmation' || address === undefined
      ? []
      : [{ confirmationId: message.source.confirmationId, mailboxHash: address.mailboxHash }],
  );
}

interface LockedFacts {
  readonly channelReady: boolean;
  readonly profileExists: boolean;
  readonly isRestricted: boolean;
  readonly isObjectedProfiling: boolean;
  readonly permission: Permission | undefined;
  readonly asking: SendFacts['asking'];
  readonly unwantedFor: string | undefined;
  readonly promotion: SendFacts['promotion'];
  readonly cap: FrequencyCap;
  readonly countedAt: readonly number[];
  readonly pausedUntil: SendFacts['pausedUntil'];
  readonly lessOften: SendFacts['lessOften'];
}

function toFacts(prepared: PreparedMessage, locked: LockedFacts): SendFacts {
  const { permission, ...rest } = locked;
  const kind = permission?.decision.kind;
  return {
    ...rest,
    templateExists: prepared.templateExists,
    hasAddress: prepared.address !== undefined,
    // What asks for permission is no marketing, whatever its topic.
    marketing: rest.asking === undefined && (permission?.isMarketing ?? true),
    suppressedFor: permission?.suppression,
    permission: kind === undefined || kind === 'suppressed' ? 'unasked' : kind,
    brokenFor: prepared.brokenFor,
  };
}

async function writeDecisions(batch: SubjectBatch, deps: SendDeps, decided: readonly Decided[]): Promise<Departure[]> {
  const { workspaceId, sql, now } = batch;
  const departures: Departure[] = [];
  const counted: CountedSend[] = [];
  const refusals = decided.flatMap(({ prepared: { message }, decision }) =>
    decision.kind === 'refuse' ? [{ message, id: message.id, by: decision.by, reason: decision.reason }] : [],
  );
  for (const { prepared, facts, decision } of decided) {
    if (decision.kind === 'refuse') continue;
    const { message } = prepared;
    departures.push(toDeparture(prepared, facts));
    if (facts.marketing) counted.push({ ...message, messageId: message.id });
  }
  await refuseMessages(sql, workspaceId, { refusals, now });
  await markSending(sql, workspaceId, {
    marks: departures.map(({ message, outgoing, ...mark }) => ({
      ...mark,
      id: message.id,
      contentHash: hashContent(outgoing.content),
    })),
    owner: deps.processId,
    now,
  });
  await insertCounted(sql, workspaceId, { sends: counted, now });
  const leaving = decided.filter(({ decision }) => decision.kind === 'send').map(({ prepared }) => prepared);
  const mailed = confirmationsOf(leaving).map((one) => ({ id: one.confirmationId, addressHash: one.mailboxHash }));
  await markConfirmationsMailed(sql, workspaceId, { mailed, now });
  for (const { message, by, reason } of refusals)
    batch.emit(messageEvent('Message Refused', message, { now, by, reason }));
  return departures;
}

function toDeparture(prepared: PreparedMessage, facts: SendFacts): Departure {
  const { message, address, content, unsubscribeUrl } = prepared;
  if (address === undefined || content === undefined)
    throw new Error(`message ${message.id} was let go without address or content`);
  return {
    message,
    attempt: message.attempts + 1,
    addressHash: address.hash,
    addressNode: address.node,
    shown: prepared.shown,
    outgoing: {
      id: message.id,
      address: address.text,
      content,
      unsubscribeUrl: facts.marketing ? unsubscribeUrl : undefined,
    },
  };
}

function hashContent(content: EmailContent): Buffer {
  return createHash('sha256').update([content.subject, content.html, content.text].join('\0')).digest();
}
