import type {
  Message,
  MessageMoment as PresentedMoment,
  MessageSource as PresentedSource,
  MessageWithHistory,
} from '@segue/contract';
import { publicId } from '../../platform/ids/index.ts';
import type { MessageRow, MessageRowWithHistory } from './message-list-store.ts';
import { toSource } from './message-store.ts';

export function presentMessage(row: MessageRow): Message {
  return {
    id: publicId('msg', row.id),
    profileId: row.profile_id === null ? null : publicId('prf', row.profile_id),
    channel: row.channel,
    topic: row.topic,
    templateId: row.template_id === null ? null : publicId('tpl', row.template_id),
    source: presentSource(row),
    status: row.status,
    refusedBy: row.refused_by,
    heldBy: row.held_by,
    reason: row.reason,
    attempts: row.attempts,
    priority: row.priority,
    campaign: row.campaign,
    dueAt: (row.due_at ?? row.created_at).toISOString(),
    expiresAt: iso(row.expires_at),
    createdAt: row.created_at.toISOString(),
    nextAttemptAt: iso(row.next_attempt_at),
    endedAt: iso(row.ended_at),
    deliveredAt: iso(row.delivered_at),
    openedAt: iso(row.opened_at),
    clickedAt: iso(row.clicked_at),
    machineOpenedAt: iso(row.machine_opened_at),
    machineClickedAt: iso(row.machine_clicked_at),
    bouncedAt: iso(row.bounced_at),
  };
}

export function presentMessageWithHistory(row: MessageRowWithHistory): MessageWithHistory {
  const decided = row.history.map((moment): PresentedMoment => ({
    at: new Date(moment.at).toISOString(),
    what: moment.what,
    by: moment.by ?? null,
    reason: moment.reason ?? null,
    attempt: moment.attempt ?? null,
    numbers: moment.numbers ?? null,
    until: moment.until === undefined ? null : new Date(moment.until).toISOString(),
  }));
  const received = Object.entries({
    delivered: row.delivered_at,
    opened: row.opened_at,
    clicked: row.clicked_at,
    machine_opened: row.machine_opened_at,
    machine_clicked: row.machine_clicked_at,
    bounced: row.bounced_at,
  });
  const receipts = received.flatMap(([what, at]): PresentedMoment[] =>
    at === null
      ? []
      : [{ at: at.toISOString(), what, by: null, reason: null, attempt: null, numbers: null, until: null }],
  );
  const history = [...decided, ...receipts].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return { ...presentMessage(row), history };
}

function presentSource(row: MessageRow): PresentedSource {
  const source = toSource(row);
  if (source.kind === 'api') return source;
  if (source.kind === 'confirmation') return { kind: 'confirmation' };
  return { ...source, journeyId: publicId('jrn', source.journeyId), runId: publicId('run', source.runId) };
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
