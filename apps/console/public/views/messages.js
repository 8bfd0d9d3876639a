import { get } from '../api.js';
import { button, h } from '../dom.js';
import { words } from '../format.js';
import { emptyState, pagedList } from '../panel.js';
import { journeyNames } from './journeys.js';
import { messageRow } from './message-row.js';

const STATUSES = ['queued', 'sending', 'sent', 'refused', 'failed', 'unknown'];

/** Every message that was ever wished for, and how it ended. */
export async function messagesView(page, { params }) {
  const status = params.get('status') ?? '';
  const select = h(
    'select',
    {
      class: 'field',
      'aria-label': 'How it ended',
      on: { change: () => (location.hash = select.value ? `#/messages?status=${select.value}` : '#/messages') },
    },
    [
      h('option', { value: '', text: 'All messages' }),
      ...STATUSES.map((one) => h('option', { value: one, selected: one === status, text: words(one) })),
    ],
  );
  page.actions.replaceChildren(select);
  const box = h('section', { class: 'card', 'aria-label': 'Messages' });
  page.box.replaceChildren(box);
  const names = await journeyNames(page.signal);
  if (page.signal.aborted) return;
  box.replaceChildren(
    pagedList({
      label: 'Messages',
      signal: page.signal,
      load: (cursor) => get('/api/v1/messages', { status, limit: 50, cursor }, page.signal),
      row: (message) => messageRow(message, { signal: page.signal, names }),
      empty: () =>
        status
          ? emptyState(
              `No message is ${status}`,
              '',
              button('Show all messages', () => (location.hash = '#/messages')),
            )
          : emptyState(
              'No message yet',
              'Messages appear here when a journey reaches a send step, also those that were refused, with the reason.',
            ),
    }),
  );
}
