import { isSilent, type Rhythm } from './rhythm.ts';

const HOUR_MS = 3_600_000;
/** More refused than this share of what came is a fault of the sender, not an accident. */
const REFUSED_SHARE_MAX = 0.1;

export interface HealthInput {
  readonly isEnabled: boolean;
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
  readonly rejectedLastHour: number;
  /** Taken in the last hour, about. */
  readonly takenLastHour: number;
  readonly deadLetters: number;
  readonly rhythm: Rhythm;
  /** What was refused most often of late. */
  readonly commonReason: string | undefined;
}

export type HealthStatus = 'waiting' | 'receiving' | 'silent' | 'failing' | 'disabled';

/** How a source is, and what to do about it. Pure. */
export function decideHealth(input: HealthInput, nowMs: number): { status: HealthStatus; reason: string } {
  const { isEnabled, lastAt, rejectedLastHour: rejected, takenLastHour: taken, rhythm } = input;
  if (!isEnabled) {
    return { status: 'disabled', reason: 'It is disabled, and what it sends is refused. Enable it to go on.' };
  }
  const nothingTaken = lastAt === undefined || lastAt < nowMs - HOUR_MS;
  if (rejected > 0 && (nothingTaken || rejected > REFUSED_SHARE_MAX * (taken + rejected))) {
    const most = input.commonReason === undefined ? '' : ` Most often: ${input.commonReason}.`;
    return {
      status: 'failing',
      reason: `${rejected} refused in the last hour${nothingTaken ? ', and nothing taken' : ''}.${most}`,
    };
  }
  if (lastAt === undefined) {
    return {
      status: 'waiting',
      reason: 'No event has come yet. Send one with a write key of this source, or a test event.',
    };
  }
  const quietHours = Math.floor((nowMs - lastAt) / HOUR_MS);
  if (isSilent(rhythm, lastAt, nowMs)) {
    return {
      status: 'silent',
      reason: `Nothing for ${quietHours} hours; its rhythm explains at most ${rhythm.silentAfterHours}. Look whether the code that sends is still there.`,
    };
  }
  const dead =
    input.deadLetters === 0 ? '' : ` ${input.deadLetters} of its events could not be processed: see dead letters.`;
  return {
    status: 'receiving',
    reason: `${quietHours === 0 ? 'Events come in.' : `The last event came ${quietHours} hours ago.`}${dead}`,
  };
}
