import { find, get } from '../api.js';
import { card, h } from '../dom.js';
import { number } from '../format.js';
import { emptyState, fill, pagedList } from '../panel.js';
import { personRow } from './people.js';
import { peopleText } from './segments.js';

const MEMBERS_PER_PAGE = 20;

/** One segment: its rule, and who is in it now. */
export function segmentView(page, { id }) {
  const path = `/api/v1/segments/${encodeURIComponent(id)}`;
  const head = h('div');
  void fill(head, {
    signal: page.signal,
    rows: 2,
    load: () => get(path, {}, page.signal),
    draw: (segment) => {
      page.retitle(segment.name);
      return card(
        'Rule',
        [
          segment.description ? h('p', { class: 'prose', text: segment.description }) : null,
          h('details', { class: 'inset', open: !segment.description }, [
            h('summary', { text: 'As the API has it' }),
            h('pre', { class: 'code', text: JSON.stringify(segment.rule, null, 2) }),
          ]),
        ].filter(Boolean),
        `${number(segment.members)} ${peopleText(segment.members)} now`,
      );
    },
  });
  const members = pagedList({
    label: 'Members',
    signal: page.signal,
    load: (cursor) => loadMembers(path, { cursor, signal: page.signal }),
    row: personRow,
    empty: () => emptyState('Nobody right now', 'People come in the moment the rule holds for them.'),
  });
  page.box.replaceChildren(h('div', { class: 'stack' }, [head, card('Members', members)]));
}

/** A page of members with their profiles: the list itself says only who and since when. */
async function loadMembers(path, { cursor, signal }) {
  const page = await get(`${path}/members`, { limit: MEMBERS_PER_PAGE, cursor }, signal);
  const profiles = await Promise.all(
    page.items.map(({ profileId }) => find(`/api/v1/profiles/${encodeURIComponent(profileId)}`, {}, signal)),
  );
  return { items: profiles.filter(Boolean), nextCursor: page.nextCursor };
}
