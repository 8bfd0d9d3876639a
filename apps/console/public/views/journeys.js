import { get } from '../api.js';
import { badge, h } from '../dom.js';
import { number, words } from '../format.js';
import { emptyState, pagedList } from '../panel.js';

const TONES = { published: 'good', paused: 'warn', draft: 'plain', archived: 'plain' };
export const stateBadge = (journey) =>
  badge(journey.state === 'published' ? 'Live' : words(journey.state), TONES[journey.state] ?? 'plain');

/** The names of journeys by their id, for lists that only carry ids; empty when they cannot be read. */
export async function journeyNames(signal) {
  try {
    const { items } = await get('/api/v1/journeys', { limit: 100 }, signal);
    return new Map(items.map((journey) => [journey.id, journey.name]));
  } catch {
    return new Map();
  }
}

/** Every journey, with how its runs go. */
export function journeysView(page) {
  const list = pagedList({
    label: 'Journeys',
    signal: page.signal,
    load: (cursor) => get('/api/v1/journeys', { limit: 50, cursor }, page.signal),
    row: (journey) => journeyRow(journey, page.signal),
    empty: () =>
      emptyState(
        'No journey yet',
        'A journey reacts to what a customer does and stops the moment its goal is reached. Make one with POST /api/v1/journeys.',
      ),
  });
  page.box.replaceChildren(h('section', { class: 'card', 'aria-label': 'Journeys' }, list));
}

function journeyRow(journey, signal) {
  const figures = [h('span', { class: 'figure nums' }), h('span', { class: 'figure nums' })];
  // The list has no figures; each row fetches its own and stays readable without.
  get(`/api/v1/journeys/${encodeURIComponent(journey.id)}`, {}, signal).then(
    ({ counts }) => {
      figures[0].replaceChildren(
        h('b', { text: number(counts.entered) }),
        h('span', { class: 'quiet', text: ' entered' }),
      );
      if (journey.graph.goal)
        figures[1].replaceChildren(
          h('b', { text: number(counts.goals) }),
          h('span', { class: 'quiet', text: ' reached the goal' }),
        );
    },
    () => undefined,
  );
  return h('li', {}, [
    h('a', { class: 'row-link journey-row', href: `#/journeys/${encodeURIComponent(journey.id)}` }, [
      stateBadge(journey),
      h('span', { class: 'clip strong', text: journey.name }),
      ...figures,
    ]),
  ]);
}
