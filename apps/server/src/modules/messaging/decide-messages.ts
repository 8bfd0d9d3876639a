import { createHash } from 'node:crypto';
import type { Services } from '../../platform/context.ts';
import { inSubjects, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { markConfirmationsMailed } from '../consent/index.ts';
import { findUnsettled, ownersOfNodes } from '../profiles/index.ts';
import { type CountedSend, insertCounted } from './cap-store.ts';
import type { EmailContent } from './channels/channel.ts';
import { decide } from './gate/decide.ts';
import { confirmationsOf, type FactsOfRound, gatherFacts } from './gate/gather-facts.ts';
import { writeSpending } from './gate/rate-store.ts';
import type { SendDecision, SendFacts } from './gate/send-facts.ts';
import { holdMessages } from './hold-store.ts';
import { messageEvent } from './message-events.ts';
import { messageMetrics } from './message-metrics.ts';
import { lockQueuedMessages, markSending, refuseMessages } from './message-store.ts';
import type { SendDeps } from './ports.ts';
import type { Departure, PreparedMessage } from './prepared-message.ts';
import { isStillTrue, judgePromotion, readPromoted } from './promoted-products.ts';

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
    const round = await gatherFacts(batch, deps, { candidates: asked, promotions });
    decided = decideAll(round, asked, batch.now);
    await writeSpending(batch.sql, workspaceId, round.spending);
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

/** What matters more is decided first; of equals, what was due first. */
function byPriority(a: PreparedMessage, b: PreparedMessage): number {
  return b.message.priority - a.message.priority || a.message.dueAt - b.message.dueAt;
}

function decideAll(round: FactsOfRound, candidates: readonly PreparedMessage[], now: number): Decided[] {
  return candidates.toSorted(byPriority).map((prepared) => {
    const facts = round.factsOf(prepared);
    const decision = decide(facts, now);
    round.noteDecided(prepared, { isSent: decision.kind === 'send', facts });
    return { prepared, facts, decision };
  });
}

async function writeDecisions(batch: SubjectBatch, deps: SendDeps, decided: readonly Decided[]): Promise<Departure[]> {
  const { workspaceId, sql, now } = batch;
  const departures: Departure[] = [];
  const counted: CountedSend[] = [];
  const refusals = decided.flatMap(({ prepared: { message }, decision }) =>
    decision.kind === 'refuse' ? [{ message, id: message.id, ...decision }] : [],
  );
  const holds = decided.flatMap(({ prepared: { message }, decision }) =>
    decision.kind === 'hold' ? [{ ...decision, id: message.id, isNews: message.heldBy !== decision.by }] : [],
  );
  for (const { prepared, facts, decision } of decided) {
    if (decision.kind !== 'send') continue;
    const { message } = prepared;
    departures.push(toDeparture(prepared, facts));
    if (facts.marketing) counted.push({ ...message, messageId: message.id });
  }
  await refuseMessages(sql, workspaceId, { refusals, now });
  await holdMessages(sql, workspaceId, { holds, now });
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
