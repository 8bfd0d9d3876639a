import { find, get } from '../api.js';
import { badge, button, card, h } from '../dom.js';
import { dateTime, kindName, nameOf, words } from '../format.js';
import { emptyState, fill, pagedList } from '../panel.js';
import { eventDetails, eventLine } from './event-row.js';
import { journeyNames } from './journeys.js';
import { messageRow } from './message-row.js';
import { avatar } from './people.js';

/** One customer: who, what is known, what is allowed, what happened. */
export function profileView(page, { id }) {
  const path = `/api/v1/profiles/${encodeURIComponent(id)}`;
  const refresh = button('Refresh', () => dispatchEvent(new HashChangeEvent('hashchange')));
  page.actions.replaceChildren(refresh);
  const head = h('div');
  const facts = h('div', { class: 'stack' });
  const story = h('div', { class: 'stack' });
  page.box.replaceChildren(head, h('div', { class: 'columns' }, [story, facts]));
  void fill(head, {
    signal: page.signal,
    rows: 2,
    load: () => get(path, {}, page.signal),
    draw: (profile) => {
      page.retitle(nameOf(profile));
      facts.prepend(
        card('Identifiers', identifierList(profile), String(profile.identifiers.length)),
        card('Traits', traitList(profile.traits)),
      );
      return header(profile);
    },
  });
  facts.append(segmentsCard(path, page.signal), runsCard(path, page.signal), consentsCard(path, page.signal));
  story.append(timelineCard(path, page.signal), messagesCard(id, page.signal));
}

function header(profile) {
  return h('div', { class: 'person-head' }, [
    avatar(profile),
    h('div', {}, [
      h('p', { class: 'person-name', text: nameOf(profile) }),
      h('p', {
        class: 'quiet',
        text: `First seen ${dateTime(profile.firstSeenAt ?? profile.createdAt)} · last seen ${dateTime(profile.lastSeenAt)}`,
      }),
      h('p', { class: 'quiet mono clip', text: profile.id }),
    ]),
  ]);
}

function identifierList(profile) {
  if (profile.identifiers.length === 0) return emptyState('No identifiers');
  return h(
    'dl',
    { class: 'facts' },
    profile.identifiers.flatMap(({ kind, value }) => [
      h('dt', { text: kindName(kind) }),
      h('dd', { class: 'mono', text: value }),
    ]),
  );
}

function traitList(traits) {
  const entries = Object.entries(traits ?? {});
  if (entries.length === 0) return emptyState('Nothing known yet', 'Traits come with identify.');
  return h(
    'dl',
    { class: 'facts' },
    entries.flatMap(([name, value]) => [h('dt', { text: name }), h('dd', { text: traitText(value) })]),
  );
}

function traitText(value) {
  if (Array.isArray(value)) return value.map(traitText).join(', ');
  return value !== null && typeof value === 'object'
    ? Object.entries(value)
        .map(([name, part]) => `${name}: ${traitText(part)}`)
        .join(', ')
    : String(value);
}

function segmentsCard(path, signal) {
  const box = h('div');
  void fill(box, {
    signal,
    rows: 1,
    load: () => find(`${path}/segments`, {}, signal),
    draw: (answer) => {
      const items = answer?.items ?? [];
      if (items.length === 0) return emptyState('In no segment right now');
      return h(
        'p',
        { class: 'chips' },
        items.map((segment) =>
          h('a', { class: 'chip', href: `#/segments/${encodeURIComponent(segment.id)}`, text: segment.name }),
        ),
      );
    },
  });
  return card('Segments', box);
}

function runsCard(path, signal) {
  const box = h('div');
  void fill(box, {
    signal,
    rows: 1,
    load: () => Promise.all([get(`${path}/runs`, { limit: 20 }, signal), journeyNames(signal)]),
    draw: ([{ items }, names]) => {
      if (items.length === 0) return emptyState('In no journey yet');
      return h(
        'ul',
        { class: 'consents' },
        items.map((run) =>
          h('li', {}, [
            run.endedAt
              ? badge(words(run.reason), run.goalAt ? 'good' : 'plain')
              : badge(run.state === 'waiting' ? `At ${run.step}` : words(run.state), 'plain'),
            h('a', {
              href: `#/journeys/${encodeURIComponent(run.journeyId)}`,
              text: names.get(run.journeyId) ?? 'Journey',
            }),
            h('span', {
              class: 'quiet',
              text: [run.key, run.wakeAt ? `next ${dateTime(run.wakeAt)}` : `since ${dateTime(run.enteredAt)}`]
                .filter(Boolean)
                .join(' · '),
            }),
          ]),
        ),
      );
    },
  });
  return card('Journeys', box);
}

function consentsCard(path, signal) {
  const box = h('div');
  void fill(box, {
    signal,
    rows: 1,
    load: () => find(`${path}/consents`, { limit: 50 }, signal),
    draw: (answer) => {
      const items = answer?.items ?? [];
      if (items.length === 0) return emptyState('Never asked', 'Without a yes, no marketing message is sent.');
      return h(
        'ul',
        { class: 'consents' },
        items.map((consent) => {
          const tone = consent.status === 'granted' ? 'good' : 'warn';
          return h('li', { class: consent.isCurrent === false ? 'past' : '' }, [
            badge(words(consent.status), consent.isCurrent === false ? 'plain' : tone),
            h('span', { text: `${words(consent.channel)}, ${consent.topic === '*' ? 'every topic' : consent.topic}` }),
            h('span', { class: 'quiet', text: `${words(consent.source)} · ${dateTime(consent.occurredAt)}` }),
          ]);
        }),
      );
    },
  });
  return card('Consent', box);
}

function timelineCard(path, signal) {
  return card(
    'Timeline',
    pagedList({
      label: 'Timeline',
      signal,
      load: (cursor) => get(`${path}/timeline`, { limit: 50, cursor }, signal),
      row: (item) => {
        const opened = h(
          'details',
          { on: { toggle: () => opened.open && opened.childElementCount === 1 && opened.append(eventDetails(item)) } },
          [h('summary', { class: 'row-link feed-row' }, eventLine(item, { withDay: true }))],
        );
        return h('li', {}, opened);
      },
      empty: () => emptyState('No history yet', 'Events reach the timeline within seconds.'),
    }),
  );
}

function messagesCard(id, signal) {
  const box = h('div');
  void journeyNames(signal).then((names) => {
    if (signal.aborted) return;
    box.replaceChildren(
      pagedList({
        label: 'Messages',
        signal,
        load: (cursor) => get('/api/v1/messages', { profile: id, limit: 20, cursor }, signal),
        row: (message) => messageRow(message, { signal, names }),
        empty: () => emptyState('No message was meant for them yet'),
      }),
    );
  });
  return card('Messages', box);
}
