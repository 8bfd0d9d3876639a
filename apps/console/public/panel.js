import { ApiError } from './api.js';
import { button, h } from './dom.js';

const SKELETON_AFTER_MS = 150;

export function emptyState(title, line, action) {
  return h('div', { class: 'state' }, [
    h('p', { class: 'state-title', text: title }),
    line ? h('p', { class: 'quiet', text: line }) : null,
    action,
  ]);
}

export function errorState(error, retry) {
  const text = error instanceof ApiError ? error.message : 'Something went wrong while showing this.';
  return h('div', { class: 'state', role: 'alert' }, [
    h('p', { class: 'state-title', text: 'This could not be loaded' }),
    h('p', { class: 'quiet', text }),
    error.requestId ? h('p', { class: 'quiet mono', text: `Request ${error.requestId}` }) : null,
    retry ? button('Try again', retry) : null,
  ]);
}

function skeleton(rows) {
  return h(
    'div',
    { class: 'skeleton', 'aria-hidden': 'true' },
    Array.from({ length: rows }, () => h('span')),
  );
}

/**
 * Fills `box` with what `draw` makes of what `load` brings: a skeleton when it takes a while, the error with a way to
 * try again when it fails. What is shown stays until the new is there.
 */
export async function fill(box, { load, draw, signal, rows = 5 }) {
  const timer = setTimeout(() => {
    if (box.childElementCount === 0) box.replaceChildren(skeleton(rows));
  }, SKELETON_AFTER_MS);
  box.setAttribute('aria-busy', 'true');
  try {
    const value = await load();
    if (!signal.aborted) box.replaceChildren(...[draw(value)].flat().filter(Boolean));
  } catch (error) {
    if (signal.aborted || error.name === 'AbortError') return;
    if (error.status === 401) dispatchEvent(new CustomEvent('segue:signed-out', { detail: error.message }));
    else box.replaceChildren(errorState(error, () => fill(box, { load, draw, signal, rows })));
  } finally {
    clearTimeout(timer);
    box.removeAttribute('aria-busy');
  }
}

/** A list that grows page by page. `load(cursor)` answers `{ items, nextCursor }`; `row` makes one list item. */
export function pagedList({ load, row, empty, signal, label }) {
  const list = h('ul', { class: 'rows', 'aria-label': label });
  const foot = h('div', { class: 'list-foot' });
  const box = h('div');
  const add = (page) => {
    list.append(...page.items.map(row));
    foot.replaceChildren();
    if (!page.nextCursor) return;
    const more = button('Show more', async () => {
      more.disabled = true;
      try {
        add(await load(page.nextCursor));
      } catch (error) {
        more.disabled = false;
        if (!signal.aborted) foot.replaceChildren(errorState(error), more);
      }
    });
    foot.replaceChildren(more);
  };
  void fill(box, {
    load: () => load(),
    signal,
    draw: (page) => {
      if (page.items.length === 0) return empty();
      list.replaceChildren();
      add(page);
      return [list, foot];
    },
  });
  return box;
}
