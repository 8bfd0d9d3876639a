import type { PresentedRhythm, SetRhythmBody } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { anchorNode } from '../profiles/index.ts';
import { inProfile } from './in-profile.ts';
import { readRhythms, sayWishes } from './record-wishes.ts';
import { isPaused, type Rhythm, USUAL_RHYTHM, type WishValue } from './rhythm.ts';

/** A pause has an end she can remember; who wants nothing any more unsubscribes. */
const PAUSE_DAYS_MAX = 366;

/** Records what a customer told a member about when and how often. */
export async function setRhythm(ctx: TxCtx, profileId: string, body: SetRhythmBody): Promise<PresentedRhythm> {
  const values = wishesOf(body, ctx.clock.now());
  const done = await inProfile(ctx, { workspaceId: ctx.workspaceId, profileId }, async (batch, subject) => {
    const proof = { text: body.text };
    await sayWishes(batch, { profileId: subject.id, node: anchorNode(subject), source: body.source, proof, values });
    const rhythm = (await readRhythms(batch.sql, ctx.workspaceId, [subject.id])).get(subject.id) ?? USUAL_RHYTHM;
    return { id: subject.id, rhythm };
  });
  if (done === undefined) throw new AppError('not_found', `There is no profile ${publicId('prf', profileId)}`);
  const { frequency, pausedUntil, source } = body;
  await recordAudit(ctx, {
    action: 'consent.rhythm_set',
    subject: publicId('prf', done.value.id),
    detail: {
      ...(frequency !== undefined && { frequency }),
      ...(pausedUntil !== undefined && { pausedUntil }),
      source,
    },
  });
  return presentRhythm(done.value.rhythm, ctx.clock.now());
}

function wishesOf({ frequency, pausedUntil }: SetRhythmBody, now: number): WishValue[] {
  const values: WishValue[] = [];
  if (frequency !== undefined) values.push({ kind: 'frequency', isLessOften: frequency === 'less_often' });
  if (pausedUntil === null) values.push({ kind: 'pause', until: undefined });
  if (typeof pausedUntil === 'string') values.push({ kind: 'pause', until: endOf(pausedUntil, now) });
  return values;
}

function endOf(pausedUntil: string, now: number): number {
  const until = Date.parse(pausedUntil);
  if (until > now && until <= now + PAUSE_DAYS_MAX * 86_400_000) return until;
  throw new AppError('invalid', 'The request does not fit', {
    details: [
      { field: 'pausedUntil', message: `give a time within the next ${PAUSE_DAYS_MAX} days, or null to end a pause` },
    ],
  });
}

export function presentRhythm(rhythm: Rhythm, now: number): PresentedRhythm {
  return {
    frequency: rhythm.isLessOften ? 'less_often' : 'usual',
    pausedUntil: isPaused(rhythm, now) ? new Date(rhythm.pausedUntil!).toISOString() : null,
  };
}
