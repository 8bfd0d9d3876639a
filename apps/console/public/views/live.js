import { get, stream } from '../api.js';
import { button, h } from '../dom.js';
import { emptyState, fill } from '../panel.js';
import { eventLine } from './event-row.js';

const SHOWN_MAX = 200;
const DRAW_EVERY_MS = 250;

/** The newest events of the whole shop, as they are committed. */
export function liveView(page) {
  const state = { items: [], known: new Set(), paused: false, waiting: 0 };
  const status = h('span', { class: 'live-state quiet', role: 'status', text: 'Connecting' });
  const pause = button('Pause', () => {
    state.paused = !state.paused;
    pause.textContent = state.paused ? 'Resume' : 'Pause';
    if (!state.paused) draw();
    tell();
  });
  page.actions.replaceChildren(status, pause);
  const list = h('ul', { class: 'rows feed', 'aria-label': 'Newest events' });
  const box = h('section', { class: 'card', 'aria-label': 'Live feed' });
  page.box.replaceChildren(box);
  let link = 'connecting';

  function tell() {
    status.classList.toggle('on', link === 'live' && !state.paused);
    if (state.paused) status.textContent = state.waiting > 0 ? `Paused, ${state.waiting} new` : 'Paused';
    else status.textContent = link === 'live' ? 'Live' : 'Reconnecting';
  }

  function take(events) {
    const fresh = events.filter((item) => !state.known.has(item.id));
    if (fresh.length === 0) return;
    for (const item of fresh) state.known.add(item.id);
    state.items = [...fresh].reverse().concat(state.items).slice(0, SHOWN_MAX);
    state.known = new Set(state.items.map((item) => item.id));
    state.waiting += fresh.length;
    schedule();
  }

  let timer;
  function schedule() {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (page.signal.aborted) return;
      if (!state.paused) draw();
      tell();
    }, DRAW_EVERY_MS);
  }

  function draw() {
    state.waiting = 0;
    if (state.items.length === 0)
      return box.replaceChildren(
        emptyState('Nothing has happened yet', 'Events appear here the moment your shop sends them to /v1/batch.'),
      );
    const drawn = new Map([...list.children].map((row) => [row.dataset.id, row]));
    list.replaceChildren(...state.items.map((item) => drawn.get(item.id) ?? feedRow(item)));
    if (list.parentNode !== box) box.replaceChildren(list);
  }

  void fill(box, {
    load: () => get('/api/v1/events/recent', { limit: 100 }, page.signal),
    signal: page.signal,
    rows: 12,
    draw: ({ items }) => {
      take([...items].reverse());
      draw();
      return [...box.childNodes];
    },
  }).then(() => {
    void stream('/api/v1/stream', {
      signal: page.signal,
      onEvents: take,
      onState: (next) => {
        link = next;
        if (next === 'signedOut')
          dispatchEvent(new CustomEvent('segue:signed-out', { detail: 'This API key is no longer known.' }));
        tell();
      },
    });
  });
}

function feedRow(item) {
  const line = eventLine(item);
  const row = item.profileId
    ? h('a', { class: 'row-link feed-row', href: `#/people/${encodeURIComponent(item.profileId)}` }, line)
    : h('div', { class: 'feed-row' }, line);
  return h('li', { data: { id: item.id } }, row);
}
