import { get } from '../api.js';
import { badge, h } from '../dom.js';
import { dateTime, exactTime, messageReason, messageTone, words } from '../format.js';
import { fill } from '../panel.js';

/** One line of the ledger; opened, it tells every decision, attempt and receipt. */
export function messageRow(message, { signal, names }) {
  const source = names?.get(message.source?.journeyId) ?? (message.source?.kind === 'api' ? 'API' : 'Journey');
  const details = h('div', { class: 'row-details' });
  const receipts = ['clicked', 'opened', 'bounced', 'delivered'].find((what) => message[`${what}At`]);
  const summary = h('summary', { class: 'row-link message-row' }, [
    badge(words(message.status), messageTone(message.status)),
    h('span', { class: 'clip strong', text: `${source} · ${words(message.topic)}` }),
    h('span', { class: 'clip quiet', text: messageReason(message) || (receipts ? words(receipts) : '') }),
    h('time', {
      class: 'quiet nums',
      title: exactTime(message.createdAt),
      text: dateTime(message.endedAt ?? message.createdAt),
    }),
  ]);
  const opened = h(
    'details',
    {
      on: {
        toggle: () => {
          if (!opened.open) return;
          void fill(details, {
            signal,
            rows: 2,
            load: () => get(`/api/v1/messages/${encodeURIComponent(message.id)}`, {}, signal),
            draw: (whole) => history(whole),
          });
        },
      },
    },
    [summary, details],
  );
  return h('li', {}, opened);
}

function history(message) {
  const moments = (message.history ?? []).map((moment) =>
    h('li', {}, [
      h('time', { class: 'nums quiet', text: dateTime(moment.at) }),
      h('span', { text: words(moment.what) }),
      h('span', {
        class: 'quiet',
        text:
          [moment.by, moment.reason].filter(Boolean).map(words).join(': ') +
          (moment.attempt ? ` (attempt ${moment.attempt})` : ''),
      }),
    ]),
  );
  return [
    h('ol', { class: 'moments' }, moments),
    h('p', { class: 'quiet' }, [
      h('a', { href: `#/people/${encodeURIComponent(message.profileId)}`, text: 'Open the person' }),
      h('span', { class: 'mono', text: ` ${message.id}` }),
    ]),
  ];
}
