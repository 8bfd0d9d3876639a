import { session } from './api.js';
import { h, icon } from './dom.js';
import { offerShortcuts } from './shortcuts.js';
import { journeyView } from './views/journey.js';
import { journeysView } from './views/journeys.js';
import { liveView } from './views/live.js';
import { messagesView } from './views/messages.js';
import { peopleView } from './views/people.js';
import { profileView } from './views/profile.js';
import { segmentView } from './views/segment.js';
import { segmentsView } from './views/segments.js';
import { signIn } from './views/sign-in.js';

/** The places of the console, in the order of the sidebar; `key` follows G. */
const PLACES = [
  { path: 'live', label: 'Live feed', icon: 'live', key: 'l', view: liveView },
  { path: 'people', label: 'People', icon: 'people', key: 'p', view: peopleView, detail: profileView },
  { path: 'segments', label: 'Segments', icon: 'segments', key: 's', view: segmentsView, detail: segmentView },
  { path: 'journeys', label: 'Journeys', icon: 'journeys', key: 'j', view: journeysView, detail: journeyView },
  { path: 'messages', label: 'Messages', icon: 'messages', key: 'm', view: messagesView },
];

const root = document.getElementById('root');
let leave = new AbortController();
let shell;

/** `#key=…` is how a demo start hands the key over; it must not stay in the address. */
function takeKeyFromAddress() {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (!key) return;
  session.key = key;
  history.replaceState(null, '', `${location.pathname}#/live`);
}

function makeShell() {
  const links = PLACES.map((place) =>
    h(
      'a',
      {
        class: 'nav-link',
        href: `#/${place.path}`,
        data: { place: place.path },
        title: `G then ${place.key.toUpperCase()}`,
      },
      [icon(place.icon), h('span', { text: place.label })],
    ),
  );
  const title = h('div', { class: 'title' });
  const actions = h('div', { class: 'top-actions' });
  const content = h('div', { class: 'content', id: 'content', tabindex: '-1' });
  const dialog = offerShortcuts(PLACES);
  const nav = h('nav', { class: 'side', 'aria-label': 'Console' }, [
    h('div', { class: 'brand' }, [
      h('img', { src: '/icon.svg', width: '24', height: '24', alt: '' }),
      h('span', { text: 'Segue' }),
    ]),
    h('div', { class: 'nav' }, links),
    h('div', { class: 'nav side-foot' }, [
      h('button', { type: 'button', class: 'nav-link', title: '?', on: { click: () => dialog.showModal() } }, [
        icon('keyboard'),
        h('span', { text: 'Shortcuts' }),
      ]),
      session.member
        ? h('a', { class: 'nav-link', href: '/account' }, [
            icon('people'),
            h('span', { class: 'clip', text: session.member.name }),
          ])
        : null,
      h('button', { type: 'button', class: 'nav-link', on: { click: signOut } }, [
        icon('leave'),
        h('span', { text: 'Sign out' }),
      ]),
    ]),
  ]);
  const skip = h('a', {
    class: 'skip',
    href: '#content',
    text: 'Skip to the content',
    on: {
      click: (event) => {
        event.preventDefault();
        content.focus();
      },
    },
  });
  const main = h('main', { class: 'main' }, [h('header', { class: 'top' }, [title, actions]), content]);
  root.replaceChildren(skip, nav, main, dialog);
  root.className = 'shell';
  return { links, title, actions, content };
}

/** Tells the views where to draw and when to stop; `crumb` leads back up. */
function pageFor({ title, crumb }) {
  const heading = h('h1', { text: title });
  const parts = crumb
    ? [h('a', { class: 'crumb', href: crumb.href }, [icon('back'), h('span', { text: crumb.text })]), heading]
    : [heading];
  shell.title.replaceChildren(...parts);
  shell.actions.replaceChildren();
  shell.content.replaceChildren();
  shell.content.scrollTop = 0;
  document.title = `${title} · Segue`;
  return {
    box: shell.content,
    actions: shell.actions,
    signal: leave.signal,
    retitle: (text) => {
      heading.textContent = text;
      document.title = `${text} · Segue`;
    },
  };
}

function route() {
  if (!session.isOpen) return showSignIn();
  shell ??= makeShell();
  leave.abort();
  leave = new AbortController();
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [first = '', id] = path.split('/').map(decodeURIComponent);
  const place = PLACES.find((one) => one.path === first) ?? PLACES[0];
  for (const link of shell.links) {
    if (link.dataset.place === place.path) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const params = new URLSearchParams(query);
  if (id && place.detail)
    place.detail(pageFor({ title: place.label, crumb: { href: `#/${place.path}`, text: place.label } }), {
      id,
      params,
    });
  else void place.view(pageFor({ title: place.label }), { params });
}

async function signOut() {
  await session.end();
  location.replace('/sign-in');
}

/** Members sign in on a page of their own; a key is asked for where one was used, or is wished for. */
function showSignIn(message) {
  leave.abort();
  const isKeyWished = Boolean(session.key) || location.hash === '#api-key';
  session.key = null;
  session.member = null;
  if (!isKeyWished) return location.replace('/sign-in');
  shell = undefined;
  document.title = 'Sign in · Segue';
  root.className = 'sign-in';
  signIn(root, { message, onDone: () => route() });
}

addEventListener('hashchange', () => {
  takeKeyFromAddress();
  route();
});
addEventListener('segue:signed-out', (event) => showSignIn(event.detail));
takeKeyFromAddress();
if (!session.key && location.hash !== '#api-key') await session.resume();
route();
