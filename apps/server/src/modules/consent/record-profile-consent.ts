import type { RecordConsentBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { inTransaction, type TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { anchorNode } from '../profiles/index.ts';
import { normaliseAddress, addressHash } from './address.ts';
import type { WordingRef } from './consent-store.ts';
import { inProfile } from './in-profile.ts';
import { causeOfEvent } from './read-consent-event.ts';
import type { ConsentProof } from './proof.ts';
import { listChannelAddresses } from './reach.ts';
import { recordConsent } from './record-consent.ts';
import { findWording } from './wording-store.ts';

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
  const { channel, topic, status, source, text, url, ip, occurredAt, doubleOptIn } = said;
  const isConfirmed = said.isConfirmed && status === 'granted';
  const proof = await proofOf(ctx, { text, url, ip, wording: said.wording });
  const done = await inProfile(ctx, { workspaceId: ctx.workspaceId, profileId }, async (batch, subject) => {
    const id = newUuid(batch.now);
    const node = anchorNode(subject);
    const word = { profileId: subject.id, node, channel, topic, status, occurredAt, source };
    const confirmed = isConfirmed ? await confirmedAddress(ctx, subject.id, said) : undefined;
    const asked = { isConfirmed, addressHash: confirmed, asksConfirmation: doubleOptIn };
    const [recorded] = await recordConsent(batch, [{ ...word, ...asked, cause: causeOfEvent(id), ...proof }]);
    batch.emit({
      subjectId: subject.id,
      node,
      id,
      name: 'Consent Updated',
      occurredAt: Math.min(occurredAt, batch.now),
      properties: {
        ...{ channel, topic, status: recorded ?? status, source, confirmed: isConfirmed },
        ...(confirmed !== undefined && { address_hash: confirmed }),
      },
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

/** The text she was shown, by its name, or as it was handed over. */
async function proofOf(
  ctx: TxCtx,
  shown: Pick<Said, 'text' | 'url' | 'ip' | 'wording'>,
): Promise<{ proof: ConsentProof; wording: WordingRef | undefined }> {
  const { wording, text, url, ip } = shown;
  if (wording === undefined) return { proof: { text, url, ip }, wording: undefined };
  const known = await findWording(ctx.sql, ctx.workspaceId, { id: wording.id, version: wording.version });
  if (known === undefined) {
    throw refused(
      'wording',
      `there is no version ${wording.version ?? 'at all'} of the wording "${wording.id}"; make it first`,
    );
  }
  const { id, version, language } = known;
  return { proof: { text: known.text, url, ip, language }, wording: { id, version } };
}

/** The address a yes was confirmed for: the one named, else the only one she has. */
async function confirmedAddress(ctx: TxCtx, profileId: string, said: Said): Promise<string> {
  const { channel, address } = said;
  const keys = await ctx.keysOf(ctx.workspaceId);
  if (address !== undefined) {
    const written = normaliseAddress(channel, address);
    if (written === undefined) throw refused('address', `is not an address of the channel ${channel}`);
    return addressHash(keys, channel, written);
  }
  const known = (await listChannelAddresses(ctx, profileId)).filter((one) => one.channel === channel);
  if (known.length === 1) return known[0]!.addressHash;
  throw refused('address', 'give the address it was confirmed for: a confirmed yes holds for that one only');
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid', 'The request does not fit', { details: [{ field, message }] });
}
