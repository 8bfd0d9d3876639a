import type { JsonObject } from '../../platform/json.ts';

/** What tells that a person answered a message, by event name. What a machine opened has names of its own. */
export const REPLY_NAMES = [
  'Email Opened',
  'Email Link Clicked',
  'Message Opened',
  'Message Clicked',
  'Message Replied',
] as const;

/** Fewer answered messages tell nothing of a channel or an hour. */
const EVIDENCE_MIN = 5;
/** And the hour must have so many of them. */
const TOP_MIN = 2;

export interface Reply {
  readonly messageId: string;
  readonly channel: string;
  readonly at: number;
}

/** Undefined: it is no answer to a message of Segue's, or a machine's. */
export function readReply(event: { name: string; at: number; properties: JsonObject }): Reply | undefined {
  if (!REPLY_NAMES.some((name) => name === event.name)) return undefined;
  const { message_id: messageId, channel = 'email', machine } = event.properties;
  if (typeof messageId !== 'string' || !messageId.startsWith('msg_') || machine === true) return undefined;
  return { messageId, channel: typeof channel === 'string' ? channel : 'email', at: event.at };
}

export interface Guess<T> {
  /** Undefined: too little is known, or two stand out alike. */
  readonly value: T | undefined;
  readonly evidence: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** On which channel, and at which hour of her day, she answers. A message counts once for each, at its first answer. */
export function weighReplies(
  replies: readonly Reply[],
  timeZone: string,
): { readonly channel: Guess<string>; readonly hour: Guess<number> } {
  const first = new Map<string, Reply>();
  for (const reply of [...replies].sort((a, b) => a.at - b.at || (a.channel < b.channel ? -1 : 1)))
    if (!first.has(reply.messageId)) first.set(reply.messageId, reply);
  const hourOf = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', hourCycle: 'h23' });
  const counted = [...first.values()];
  const channel = guess(counted.map((reply) => reply.channel));
  const hour = guess(counted.map(({ at }) => String(Number(hourOf.format(at)))));
  return { channel, hour: { ...hour, value: hour.value === undefined ? undefined : Number(hour.value) } };
}

function guess(values: readonly string[]): Guess<string> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  const [top, second] = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const isClear =
    top !== undefined && values.length >= EVIDENCE_MIN && top[1] >= TOP_MIN && top[1] > (second?.[1] ?? 0);
  return { value: isClear ? top[0] : undefined, evidence: values.length, counts };
}
