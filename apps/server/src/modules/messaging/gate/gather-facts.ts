import type { SubjectBatch } from '../../../platform/eventlog/index.ts';
import {
  type ConfirmationQuestion,
  findUnaskable,
  listTopics,
  type Permission,
  type PermissionQuestion,
  readPermissions,
  readRhythms,
  type Rhythm,
  USUAL_RHYTHM,
} from '../../consent/index.ts';
import { isRestricted, profilingObjectedAt } from '../../profiles/index.ts';
import { type Counted, listCounted } from '../cap-store.ts';
import type { PreparedMessage } from '../prepared-message.ts';
import type { GateDeps } from '../ports.ts';
import type { Promotion } from '../promoted-products.ts';
import { holdoutPlace } from './holdout.ts';
import { lockSpending } from './rate-store.ts';
import { type SendRate, spend } from './send-rate.ts';
import { findPolicy } from './policy-store.ts';
import { listRivals, type Rival } from './rival-store.ts';
import type { CapFact, SendFacts } from './send-facts.ts';
import type { ScopedCap, SendPolicy } from './send-policy.ts';

/** Of a round of decisions: what the messages of the same customer that were decided before leave to the next. */
export interface FactsOfRound {
  factsOf(prepared: PreparedMessage): SendFacts;
  /** The next message of the same profile must see this one. */
  noteDecided(prepared: PreparedMessage, decided: { isSent: boolean; facts: SendFacts }): void;
  /** Where the rates stand now; to be written with the decisions. */
  readonly spending: ReadonlyMap<string, number>;
}

/** Reads, under the locks of the profiles, all that the gate asks about these messages: one query a table. */
export async function gatherFacts(
  batch: SubjectBatch,
  deps: GateDeps,
  asked: { candidates: readonly PreparedMessage[]; promotions: ReadonlyMap<PreparedMessage, Promotion> },
): Promise<FactsOfRound> {
  const { candidates, promotions } = asked;
  const { workspaceId, sql, now } = batch;
  const policy = await findPolicy(sql, workspaceId);
  const questions = questionsOf(candidates);
  const permissions = await readPermissions(sql, workspaceId, [...questions.values()]);
  const profileIds = [...new Set(candidates.map(({ message }) => message.profileId))];
  const rhythms = await readRhythms(sql, workspaceId, profileIds);
  const counted = await listCounted(sql, workspaceId, { profileIds, sinceMs: now - longestWindowMs(policy) });
  const unaskable = await findUnaskable(sql, workspaceId, { questions: confirmationsOf(candidates), now });
  const messages = candidates.map(({ message }) => message);
  const unwanted = await deps.guard.findUnwanted(sql, workspaceId, messages);
  const heldOut = await deps.guard.findHeldOut?.(sql, workspaceId, messages);
  const rivals = await findRivals(batch, { candidates, profileIds });
  const rates = new Map(policy.rates.map((rate) => [rate.channel, rate]));
  const spending = await lockSpendingOf(batch, candidates, rates);
  const decidedIds = new Set<string>();
  return {
    spending,
    factsOf(prepared) {
      const { message } = prepared;
      const { profileId, source } = message;
      const question = questions.get(message.id);
      const permission = question === undefined ? undefined : permissions.get(question);
      const subject = batch.subjects.get(profileId);
      const ofProfile = counted.get(profileId) ?? [];
      const asking = source.kind === 'confirmation' ? { refusedFor: unaskable.get(source.confirmationId) } : undefined;
      return {
        policy,
        channelReady: deps.channels.has(message.channel),
        channel: message.channel,
        profileExists: subject !== undefined,
        isRestricted: isRestricted(subject),
        isObjectedProfiling: source.kind === 'journey' && profilingObjectedAt(subject) !== undefined,
        templateExists: prepared.templateExists,
        hasAddress: prepared.address !== undefined,
        ...consentFacts(permission, asking),
        holdoutPlace: holdoutPlace(workspaceId, profileId),
        heldOutFor: heldOut?.get(message.id),
        unwantedFor: unwanted.get(message.id),
        promotion: promotions.get(prepared)?.refused,
        caps: capFacts(policy, prepared, {
          counted: ofProfile,
          rivals: (rivals.get(profileId) ?? []).filter((rival) => !decidedIds.has(rival.id)),
        }),
        ...restraints(rhythms.get(profileId), policy, ofProfile),
        zones: prepared.zones,
        lastCountedAt: ofProfile.length === 0 ? undefined : Math.max(...ofProfile.map(({ at }) => at)),
        dueAt: message.dueAt,
        expiresAt: message.expiresAt,
        rate: rateFact(rates.get(message.channel), spending),
        brokenFor: prepared.brokenFor,
      };
    },
    noteDecided({ message }, { isSent, facts }) {
      decidedIds.add(message.id);
      if (!isSent) return;
      if (facts.rate !== undefined) spending.set(message.channel, spend(facts.rate.rate, facts.rate.spentUntilMs, now));
      if (!facts.marketing) return;
      const { profileId, channel, topic } = message;
      counted.set(profileId, [...(counted.get(profileId) ?? []), { channel, topic, at: now }]);
    },
  };
}

function questionsOf(candidates: readonly PreparedMessage[]): Map<string, PermissionQuestion> {
  const questions = new Map<string, PermissionQuestion>();
  for (const { message, address } of candidates) {
    const { id, profileId, channel, topic } = message;
    if (address !== undefined) questions.set(id, { profileId, channel, topic, addressHash: address.hash });
  }
  return questions;
}

function lockSpendingOf(
  { sql, workspaceId }: SubjectBatch,
  candidates: readonly PreparedMessage[],
  rates: ReadonlyMap<string, SendRate>,
): Promise<Map<string, number>> {
  const limited = candidates.flatMap(({ message: { channel } }) => (rates.has(channel) ? [channel] : []));
  return lockSpending(sql, workspaceId, [...new Set(limited)]);
}

function rateFact(rate: SendRate | undefined, spending: ReadonlyMap<string, number>): SendFacts['rate'] {
  return rate === undefined ? undefined : { rate, spentUntilMs: spending.get(rate.channel) ?? 0 };
}

function longestWindowMs({ cap, caps, lessOften, minGapMs }: SendPolicy): number {
  return Math.max(cap.windowMs, lessOften.windowMs, minGapMs, ...caps.map(({ windowMs }) => windowMs));
}

function consentFacts(
  permission: Permission | undefined,
  asking: SendFacts['asking'],
): Pick<SendFacts, 'asking' | 'marketing' | 'suppressedFor' | 'permission'> {
  const kind = permission?.decision.kind;
  return {
    asking,
    // What asks for permission is no marketing, whatever its topic.
    marketing: asking === undefined && (permission?.isMarketing ?? true),
    suppressedFor: permission?.suppression,
    permission: kind === undefined || kind === 'suppressed' ? 'unasked' : kind,
  };
}

/** The caps a message falls under: the one of its channel, and every further one that is about it. */
function capFacts(
  policy: SendPolicy,
  { message: { channel, topic, priority } }: PreparedMessage,
  of: { counted: readonly Counted[]; rivals: readonly Rival[] },
): CapFact[] {
  const perChannel: ScopedCap = { ...policy.cap, channel, topic: undefined };
  const falls = (cap: ScopedCap, one: { channel: string; topic: string }): boolean =>
    (cap.channel === undefined || cap.channel === one.channel) && (cap.topic === undefined || cap.topic === one.topic);
  const caps = [perChannel, ...policy.caps.filter((cap) => falls(cap, { channel, topic }))];
  return caps.map((cap) => ({
    cap,
    countedAt: of.counted.filter((one) => falls(cap, one)).map(({ at }) => at),
    rivals: of.rivals.filter((rival) => rival.priority > priority && falls(cap, rival)).length,
  }));
}

/** What the customer wished about when and how often. */
function restraints(
  rhythm: Rhythm = USUAL_RHYTHM,
  { lessOften }: SendPolicy,
  counted: readonly Counted[],
): Pick<SendFacts, 'pausedUntil' | 'lessOften'> {
  return {
    pausedUntil: rhythm.pausedUntil,
    lessOften: rhythm.isLessOften ? { cap: lessOften, countedAt: counted.map(({ at }) => at) } : undefined,
  };
}

/** Marketing that is due to the same customers and matters more than what matters least of these. */
async function findRivals(
  { sql, workspaceId, now }: SubjectBatch,
  asked: { candidates: readonly PreparedMessage[]; profileIds: readonly string[] },
): Promise<Map<string, Rival[]>> {
  const abovePriority = Math.min(...asked.candidates.map(({ message }) => message.priority));
  const rivals = await listRivals(sql, workspaceId, { profileIds: asked.profileIds, abovePriority, now });
  if (rivals.length === 0) return new Map();
  const topics = await listTopics(sql, workspaceId);
  const transactional = new Set(topics.filter(({ isMarketing }) => !isMarketing).map(({ topic }) => topic));
  return groupByProfile(rivals.filter(({ topic }) => !transactional.has(topic)));
}

function groupByProfile(rivals: readonly Rival[]): Map<string, Rival[]> {
  const groups = new Map<string, Rival[]>();
  for (const rival of rivals) {
    const group = groups.get(rival.profileId);
    if (group === undefined) groups.set(rival.profileId, [rival]);
    else group.push(rival);
  }
  return groups;
}

/** Which of them ask to confirm a consent, and from which mailbox. */
export function confirmationsOf(candidates: readonly PreparedMessage[]): ConfirmationQuestion[] {
  return candidates.flatMap(({ message, address }) =>
    message.source.kind !== 'confirmation' || address === undefined
      ? []
      : [{ confirmationId: message.source.confirmationId, mailboxHash: address.mailboxHash }],
  );
}
