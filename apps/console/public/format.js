const dayTime = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const whole = new Intl.NumberFormat();

export const number = (value) => (typeof value === 'number' ? whole.format(value) : '–');

const valid = (iso) => (iso ? new Date(iso) : null);

export function dateTime(iso) {
  const date = valid(iso);
  return date ? dayTime.format(date) : '–';
}

export function timeOfDay(iso) {
  const date = valid(iso);
  return date ? clock.format(date) : '–';
}

export function exactTime(iso) {
  const date = valid(iso);
  return date ? exact.format(date) : '';
}

export function money(value, currency) {
  if (typeof value !== 'number') return '';
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(value);
  } catch {
    return number(value);
  }
}

const UNITS = ['days', 'hours', 'minutes', 'seconds'];

/** `{ minutes: 30 }` as "30 minutes". */
export function duration(value) {
  const unit = UNITS.find((name) => value?.[name] !== undefined);
  if (!unit) return '';
  return `${number(value[unit])} ${value[unit] === 1 ? unit.slice(0, -1) : unit}`;
}

export function nameOf(profile) {
  const traits = profile.traits ?? {};
  const full = [traits.firstName, traits.lastName].filter((part) => typeof part === 'string').join(' ');
  const text = full || traits.name || identifierOf(profile, 'email') || identifierOf(profile, 'userId');
  return typeof text === 'string' && text ? text : 'Anonymous visitor';
}

export function identifierOf(profile, kind) {
  return profile.identifiers?.find((identifier) => identifier.kind === kind)?.value;
}

const KIND_NAMES = {
  userId: 'User ID',
  loyaltyId: 'Loyalty ID',
  email: 'Email',
  phone: 'Phone',
  device: 'Device',
  channel: 'Channel address',
  anonymousId: 'Anonymous ID',
};

export const kindName = (kind) => KIND_NAMES[kind] ?? kind;

/** "exit_condition" as "Exit condition". */
export function words(text) {
  const spaced = String(text ?? '')
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const TYPE_NAMES = { identify: 'Told us who they are', alias: 'Joined two identities', group: 'Joined a group' };

export function eventTitle(item) {
  if (item.type === 'page' || item.type === 'screen') return item.name ? `Viewed ${item.name}` : 'Viewed a page';
  return item.name || TYPE_NAMES[item.type] || words(item.type);
}

/** The few words that make an event worth reading. */
export function eventDetail(item) {
  const p = item.properties ?? {};
  const text = (value) => (typeof value === 'string' ? value : '');
  if (Array.isArray(p.products) && item.name === 'Order Completed')
    return [
      `${number(p.products.length)} ${p.products.length === 1 ? 'product' : 'products'}`,
      money(p.total ?? p.revenue, p.currency),
    ]
      .filter(Boolean)
      .join(' · ');
  if (p.status && p.topic) return `${text(p.channel)} ${text(p.topic)}: ${text(p.status)}`;
  if (p.journey_name || p.segment_name)
    return [text(p.journey_name) || text(p.segment_name), p.reason ? words(p.reason).toLowerCase() : '']
      .filter(Boolean)
      .join(': ');
  if (item.name === 'Session Started')
    return [text(p.source) || text(p.referrer_class), text(p.campaign)].filter(Boolean).join(' · ');
  if (item.name === 'Message Sent') return text(p.topic);
  if (p.query) return `“${text(p.query)}”`;
  if (p.reason || p.refused_by) return [p.refused_by, p.reason].filter(Boolean).map(words).join(': ');
  if (item.type === 'page') return text(p.path);
  return [text(p.name) || text(p.category), money(p.price, p.currency ?? 'EUR')].filter(Boolean).join(' · ');
}

const MESSAGE_TONES = {
  sent: 'good',
  refused: 'warn',
  failed: 'bad',
  unknown: 'bad',
  queued: 'plain',
  sending: 'plain',
};
export const messageTone = (status) => MESSAGE_TONES[status] ?? 'plain';

const REFUSALS = {
  consent: 'No permission',
  suppression: 'Suppressed address',
  cap: 'Frequency cap',
  goal: 'Goal already reached',
  address: 'No address',
  content: 'Template could not be rendered',
  template: 'Template is missing',
  profile: 'Profile is gone',
  channel: 'Channel is not set up',
};

export function messageReason(message) {
  if (message.status === 'sent') return '';
  const by = message.refusedBy ? (REFUSALS[message.refusedBy] ?? words(message.refusedBy)) : '';
  const reason = message.reason ? words(message.reason) : '';
  return [by, reason === by ? '' : reason].filter(Boolean).join(': ');
}

export function hue(text) {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.codePointAt(0)) % 997;
  return sum % 6;
}

export function initials(name) {
  const parts = name.split(/[\s.@_-]+/).filter(Boolean);
  return ((parts[0]?.[0] ?? '?') + (parts[1]?.[0] ?? '')).toUpperCase();
}
