import { get } from '../api.js';
import { button, h, icon } from '../dom.js';
import { dateTime, hue, identifierOf, initials, nameOf } from '../format.js';
import { emptyState, pagedList } from '../panel.js';

/** What was typed, as the API wants it: kind:value. */
export function identifierQuery(text) {
  const typed = text.trim();
  if (typed === '' || /^(userId|loyaltyId|email|phone|device|channel|anonymousId):/.test(typed)) return typed;
  if (typed.includes('@')) return `email:${typed}`;
  return /^\+[\d\s()-]+$/.test(typed) ? `phone:${typed}` : `userId:${typed}`;
}

/** Everybody the shop has met, newest first; or the one an identifier leads to. */
export function peopleView(page, { params }) {
  const asked = params.get('identifier') ?? '';
  const input = h('input', {
    class: 'field',
    type: 'search',
    value: asked,
    placeholder: 'Email, user ID or kind:value',
    'aria-label': 'Find a person by identifier',
  });
  const search = (event) => {
    event.preventDefault();
    const identifier = identifierQuery(input.value);
    location.hash = identifier ? `#/people?identifier=${encodeURIComponent(identifier)}` : '#/people';
  };
  page.actions.replaceChildren(
    h('form', { class: 'search', role: 'search', on: { submit: search } }, [icon('search'), input]),
  );
  const list = pagedList({
    label: 'People',
    signal: page.signal,
    load: (cursor) => get('/api/v1/profiles', { identifier: asked, limit: 50, cursor }, page.signal),
    row: personRow,
    empty: () =>
      asked
        ? emptyState(
            `Nobody has ${asked}`,
            'Identifiers match exactly, like email:ada@example.com or userId:customer-0007.',
            button('Show everybody', () => (location.hash = '#/people')),
          )
        : emptyState('Nobody has come by yet', 'A profile appears with the first event of a visitor.'),
  });
  page.box.replaceChildren(h('section', { class: 'card', 'aria-label': 'People' }, list));
}

export function avatar(profile) {
  const name = nameOf(profile);
  return h('span', {
    class: `avatar hue-${hue(name)}`,
    'aria-hidden': 'true',
    text: name === 'Anonymous visitor' ? '?' : initials(name),
  });
}

export function personRow(profile) {
  const email = identifierOf(profile, 'email');
  const count = profile.identifiers?.length ?? 0;
  return h('li', {}, [
    h('a', { class: 'row-link person-row', href: `#/people/${encodeURIComponent(profile.id)}` }, [
      avatar(profile),
      h('span', { class: 'clip strong', text: nameOf(profile) }),
      h('span', { class: 'clip quiet', text: email ?? '' }),
      h('span', { class: 'quiet nums wide', text: count === 1 ? '1 identifier' : `${count} identifiers` }),
      h('time', { class: 'quiet nums', text: dateTime(profile.lastSeenAt ?? profile.createdAt) }),
    ]),
  ]);
}
