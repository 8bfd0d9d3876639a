import { h } from '../dom.js';
import { dateTime, eventDetail, eventTitle, exactTime, timeOfDay } from '../format.js';

/** What kind of thing happened, by a colour that the words repeat. */
function toneOf(item) {
  if (/^Order (Completed|Updated)/.test(item.name)) return 'good';
  if (/^(Message|Email|Journey|Segment|Unsubscribed)/.test(item.name)) return 'own';
  if (/^(Product Added|Cart|Checkout|Payment)/.test(item.name)) return 'cart';
  if (item.type === 'identify' || /^(Signed Up|Consent)/.test(item.name)) return 'known';
  return 'plain';
}

export function eventLine(item, { withDay = false } = {}) {
  return [
    h('span', { class: `dot ${toneOf(item)}`, 'aria-hidden': 'true' }),
    h('span', { class: 'event-name clip', text: eventTitle(item) }),
    h('span', { class: 'event-detail clip quiet', text: eventDetail(item) }),
    h('time', {
      class: 'nums quiet',
      datetime: item.occurredAt,
      title: exactTime(item.occurredAt),
      text: withDay ? dateTime(item.occurredAt) : timeOfDay(item.occurredAt),
    }),
  ];
}

/** The whole event, opened. */
export function eventDetails(item) {
  const parts = { properties: item.properties, traits: item.traits, context: item.context };
  const shown = Object.fromEntries(Object.entries(parts).filter(([, value]) => value && Object.keys(value).length > 0));
  return h('pre', { class: 'code', text: JSON.stringify(shown, null, 2) });
}
