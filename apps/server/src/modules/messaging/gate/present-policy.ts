import { type SendPolicy as PresentedPolicy, type UpdateSendPolicyBody, WEEKDAYS } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { quietUntil } from './quiet-hours.ts';
import type { QuietHours, ScopedCap, SendPolicy } from './send-policy.ts';

export function presentPolicy({ cap, lessOften, caps, quietHours, rates, ...rules }: SendPolicy): PresentedPolicy {
  return {
    ...rules,
    rates: [...rates],
    cap: { limit: cap.limitMax, windowMs: cap.windowMs },
    lessOften: { limit: lessOften.limitMax, windowMs: lessOften.windowMs },
    caps: caps.map(({ limitMax, windowMs, channel, topic }) => ({
      ...{ limit: limitMax, windowMs },
      ...(channel !== undefined && { channel }),
      ...(topic !== undefined && { topic }),
    })),
    quietHours: quietHours === undefined ? null : presentQuietHours(quietHours),
  };
}

function presentQuietHours({ windows, channels, action }: QuietHours): NonNullable<PresentedPolicy['quietHours']> {
  return {
    windows: windows.map(({ fromMinute, toMinute, days }) => ({
      ...{ from: clockOf(fromMinute), to: clockOf(toMinute) },
      ...(days !== undefined && { days: days.map((day) => WEEKDAYS[day] ?? 'monday') }),
    })),
    ...(channels !== undefined && { channels: [...channels] }),
    action,
  };
}

/** What was set before, with what is given now. Throws `invalid` for hours that leave no time to send at all. */
export function toPolicy(
  before: SendPolicy,
  { cap, lessOften, caps, quietHours, ...rules }: UpdateSendPolicyBody,
): SendPolicy {
  return {
    ...before,
    ...given(rules),
    cap: { limitMax: cap.limit, windowMs: cap.windowMs },
    ...(lessOften !== undefined && { lessOften: { limitMax: lessOften.limit, windowMs: lessOften.windowMs } }),
    ...(caps !== undefined && { caps: caps.map(toCap) }),
    ...(quietHours !== undefined && { quietHours: quietHours === null ? undefined : toQuietHours(quietHours) }),
  };
}

/** Without what was left out. */
function given<T extends object>(rules: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined)) as never;
}

function toCap({ limit, windowMs, channel, topic }: NonNullable<UpdateSendPolicyBody['caps']>[number]): ScopedCap {
  return { limitMax: limit, windowMs, channel, topic };
}

function toQuietHours({ windows, channels, action }: NonNullable<UpdateSendPolicyBody['quietHours']>): QuietHours {
  const hours = {
    windows: windows.map(({ from, to, days }) => ({
      ...{ fromMinute: minuteOf(from), toMinute: minuteOf(to) },
      days: days?.map((day) => WEEKDAYS.indexOf(day)),
    })),
    ...{ channels, action },
  };
  if (quietUntil(hours.windows, ['UTC'], 0) === undefined) {
    const message = 'leave some time of the week open: these windows cover all of it';
    throw new AppError('invalid', 'The quiet hours never end', {
      details: [{ field: 'quietHours.windows', message }],
    });
  }
  return hours;
}

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}

function clockOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
