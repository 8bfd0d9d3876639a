import { get } from '../api.js';
import { card, h } from '../dom.js';
import { duration, number, words } from '../format.js';
import { emptyState, fill, pagedList } from '../panel.js';
import { stateBadge } from './journeys.js';
import { messageRow } from './message-row.js';

/** One journey as a path of steps, each with how many came through and how many are there now. */
export function journeyView(page, { id }) {
  const path = `/api/v1/journeys/${encodeURIComponent(id)}`;
  const head = h('div');
  void fill(head, {
    signal: page.signal,
    rows: 6,
    load: () => get(path, {}, page.signal),
    draw: (journey) => {
      page.retitle(journey.name);
      page.actions.replaceChildren(stateBadge(journey));
      const path = drawPath(
        journey.publishedGraph ?? journey.graph,
        new Map(journey.steps.map((step) => [step.id, step])),
      );
      return h('div', { class: 'stack' }, [
        tiles(journey),
        faultsCard(journey),
        card('Path', path, journey.version === null ? 'Draft' : undefined),
      ]);
    },
  });
  const messages = pagedList({
    label: 'Messages of this journey',
    signal: page.signal,
    load: (cursor) => get('/api/v1/messages', { journey: id, limit: 20, cursor }, page.signal),
    row: (message) => messageRow(message, { signal: page.signal, names: new Map([[id, 'This journey']]) }),
    empty: () => emptyState('It has not written to anybody yet'),
  });
  page.box.replaceChildren(h('div', { class: 'stack' }, [head, card('Messages', messages)]));
}

function tiles({ counts, graph, publishedGraph }) {
  const hasGoal = (publishedGraph ?? graph).goal !== undefined;
  const shown = [
    ['Entered', counts.entered],
    ['On the way', counts.active],
    ...(hasGoal ? [['Reached the goal', counts.goals]] : []),
    ['Ended', counts.entered - counts.active],
  ];
  return h(
    'dl',
    { class: 'tiles' },
    shown.map(([text, value]) => h('div', {}, [h('dt', { text }), h('dd', { class: 'nums', text: number(value) })])),
  );
}

function faultsCard({ faults }) {
  if (!faults?.length) return null;
  return card(
    'Before it can be published',
    h(
      'ul',
      { class: 'prose' },
      faults.map((fault) => h('li', { text: `${fault.field}: ${fault.message}` })),
    ),
  );
}

const selectorText = (event) =>
  typeof event === 'string' ? event : [words(event?.type), event?.name].filter(Boolean).join(' ');

function entryText(entry) {
  if (!entry) return '';
  return entry.kind === 'event'
    ? selectorText(entry.event)
    : entry.kind === 'segmentEntered'
      ? 'Enters a segment'
      : 'Leaves a segment';
}

const STEP_TITLES = {
  delay: 'Wait',
  waitForEvent: 'Wait for an event',
  branch: 'Branch',
  send: 'Send an email',
  exit: 'Exit',
};

function stepLine(step) {
  switch (step.kind) {
    case 'delay':
      return duration(step.duration);
    case 'waitForEvent':
      return `${step.events.map((listened) => selectorText(listened.event)).join(' or ')}, at most ${duration(step.timeout)}`;
    case 'branch':
      return `${step.branches.length + 1} ways`;
    case 'send':
      return `Topic ${step.topic}`;
    default:
      return '';
  }
}

/** Where a step leads, in words, when it is not simply the next one. */
function waysOut(step) {
  if (step.kind === 'waitForEvent')
    return [
      ...step.events.map((listened) => [selectorText(listened.event), listened.next]),
      ['Nothing in time', step.onTimeout],
    ];
  if (step.kind === 'branch')
    return [...step.branches.map((branch, index) => [`Way ${index + 1}`, branch.next]), ['Otherwise', step.otherwise]];
  return [];
}

/** Steps in the order in which a run meets them; what cannot be reached comes last. */
function inOrder(graph) {
  const byId = new Map(graph.steps.map((step) => [step.id, step]));
  const seen = new Set();
  const queue = [graph.start];
  for (const id of queue) {
    const step = byId.get(id);
    if (!step || seen.has(id)) continue;
    seen.add(id);
    queue.push(
      ...(step.next ? [step.next] : []),
      ...waysOut(step)
        .map(([, next]) => next)
        .filter(Boolean),
    );
  }
  return [...[...seen].map((id) => byId.get(id)), ...graph.steps.filter((step) => !seen.has(step.id))];
}

function drawPath(graph, counts) {
  if (graph.steps.length === 0) return emptyState('No steps yet');
  const steps = inOrder(graph).map((step) => {
    const { entered, active } = counts.get(step.id) ?? {};
    const ways = waysOut(step).map(([text, next]) =>
      h('li', {}, [h('span', { text }), h('span', { class: 'quiet', text: next ? ` to ${next}` : ' ends here' })]),
    );
    return h('li', { class: `step ${step.kind}` }, [
      h('div', { class: 'step-text' }, [
        h('p', { class: 'strong', text: STEP_TITLES[step.kind] ?? words(step.kind) }),
        h('p', { class: 'quiet', text: [stepLine(step), step.id].filter(Boolean).join(' · ') }),
        ways.length > 0 ? h('ul', { class: 'ways' }, ways) : null,
      ]),
      h('dl', { class: 'step-figures nums' }, [
        h('div', {}, [h('dt', { text: 'came' }), h('dd', { text: number(entered ?? 0) })]),
        h('div', {}, [h('dt', { text: 'here now' }), h('dd', { text: number(active ?? 0) })]),
      ]),
    ]);
  });
  const entry = h(
    'li',
    { class: 'step entry' },
    h('div', { class: 'step-text' }, [
      h('p', { class: 'strong', text: 'Starts with' }),
      h('p', {
        class: 'quiet',
        text: [entryText(graph.entry), graph.key ? `once per ${[graph.key].flat().join('.')}` : '']
          .filter(Boolean)
          .join(' · '),
      }),
    ]),
  );
  const goal = graph.goal
    ? h(
        'li',
        { class: 'step goal' },
        h('div', { class: 'step-text' }, [
          h('p', { class: 'strong', text: 'Stops at once with' }),
          h('p', { class: 'quiet', text: selectorText(graph.goal.event) }),
        ]),
      )
    : null;
  return h('ol', { class: 'path' }, [entry, ...steps, goal]);
}
