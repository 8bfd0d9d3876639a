import { get } from '../api.js';
import { badge, h } from '../dom.js';
import { number } from '../format.js';
import { emptyState, pagedList } from '../panel.js';

/** "1 person", "1,043 people". */
export const peopleText = (count) => (count === 1 ? 'person' : 'people');

/** Every segment, with how many it holds now. */
export function segmentsView(page) {
  const list = pagedList({
    label: 'Segments',
    signal: page.signal,
    load: (cursor) => get('/api/v1/segments', { limit: 50, cursor }, page.signal),
    row: segmentRow,
    empty: () =>
      emptyState(
        'No segment yet',
        'A segment is a rule and the people it holds for, right now. Make one with POST /api/v1/segments.',
      ),
  });
  page.box.replaceChildren(h('section', { class: 'card', 'aria-label': 'Segments' }, list));
}

function segmentRow(segment) {
  return h('li', {}, [
    h('a', { class: 'row-link named-row', href: `#/segments/${encodeURIComponent(segment.id)}` }, [
      h('span', { class: 'clip strong', text: segment.name }),
      h('span', { class: 'clip quiet', text: segment.description ?? '' }),
      segment.status === 'live' ? h('span') : badge('Counting its past', 'plain'),
      h('span', { class: 'figure nums' }, [
        h('b', { text: number(segment.members) }),
        h('span', { class: 'quiet', text: ` ${peopleText(segment.members)}` }),
      ]),
    ]),
  ]);
}
