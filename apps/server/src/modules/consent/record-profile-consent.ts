import type { RecordConsentBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { anchorNode } from '../profiles/index.ts';
import { inProfile } from './in-profile.ts';
import { causeOfEvent } from './read-consent-event.ts';
import { recordConsent } from './record-consent.ts';

/** How far a caller's clock may be ahead of ours. */
const AHEAD_MS_MAX = 60_000;

type Said = Omit<RecordConsentBody, 'occurredAt'> & { readonly occurredAt: number };

/** Records what a customer said elsewhere: at the till, on the telephone, in an import. */
export async function recordProfileConsent(ctx: Ctx, profileId: string, body: RecordConsentBody): Promise<void> {
  const now = ctx.clock.now();
  const occurredAt = body.occurredAt === undefined ? now : Date.parse(body.occurredAt);
  if (occurredAt > now + AHEAD_MS_MAX) {
    throw new AppError('invalid', 'The request does not fit', {
      details: [
        { field: 'occurredAt', message: 'lies in the future; give the time the customer said so, or leave it out' },
      ],
    });
  }
  await inTransaction(ctx, (ctx) => recordIn(ctx, profileId, { ...body, occurredAt }));
}

async function recordIn(ctx: TxCtx, profileId: string, said: Said): Promise<void> {
  const { channel, topic, status, source, text, url, ip, occurredAt, isConfirmed, doubleOptIn } = said;
  const done = await inProfile(ctx, { workspaceId: ctx.workspaceId, profileId }, async (batch, subject) => {
    const id = newUuid(batch.now);
    const node = anchorNode(subject);
    const word = { profileId: subject.id, node, channel, topic, status, occurredAt, source };
    const asked = { isConfirmed: isConfirmed && status === 'granted', asksConfirmation: doubleOptIn };
    const [recorded] = await recordConsent(batch, [
      { ...word, ...asked, cause: causeOfEvent(id), proof: { text, url, ip } },
    ]);
    batch.emit({
      subjectId: subject.id,
      node,
      id,
      name: 'Consent Updated',
      occurredAt: Math.min(occurredAt, batch.now),
      properties: { channel, topic, status: recorded ?? status, source, confirmed: asked.isConfirmed },
    });
    return subject.id;
  });
  if (done === undefined) throw new AppError('not_found', `There is no profile ${publicId('prf', profileId)}`);
  await recordAudit(ctx, {
    action: 'consent.recorded',
    subject: publicId('prf', done.value),
    detail: { channel, topic, status, source },
  });
}
