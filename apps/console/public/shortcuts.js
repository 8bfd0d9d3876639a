import { button, h } from './dom.js';

const OFF = 'segue.shortcutsOff';
const isOff = () => localStorage.getItem(OFF) === '1';
const isTyping = (element) => element?.matches?.('input, textarea, select, [contenteditable]');
let waitsForPlace = false;

/** The keyboard, from one register: what works is what the sheet lists. Returns the sheet. */
export function offerShortcuts(places) {
  const keys = [
    ...places.map((place) => ({ keys: ['G', place.key.toUpperCase()], text: place.label })),
    { keys: ['/'], text: 'Search' },
    { keys: ['J', 'K'], text: 'Next and previous row (or the arrow keys)' },
    { keys: ['Enter'], text: 'Open the row' },
    { keys: ['?'], text: 'This sheet' },
  ];
  const toggle = h('input', {
    type: 'checkbox',
    id: 'shortcuts-on',
    on: { change: () => localStorage.setItem(OFF, toggle.checked ? '0' : '1') },
  });
  toggle.checked = !isOff();
  const dialog = h('dialog', { class: 'sheet', 'aria-labelledby': 'sheet-title' }, [
    h('h2', { id: 'sheet-title', text: 'Keyboard shortcuts' }),
    h(
      'dl',
      {},
      keys.flatMap((key) => [
        h(
          'dt',
          {},
          key.keys.map((text) => h('kbd', { text })),
        ),
        h('dd', { text: key.text }),
      ]),
    ),
    h('label', { class: 'check' }, [toggle, h('span', { text: 'Use single-letter shortcuts' })]),
    h(
      'div',
      { class: 'sheet-foot' },
      button('Close', () => dialog.close()),
    ),
  ]);
  const placeOf = Object.fromEntries(places.map((place) => [place.key, place.path]));
  document.onkeydown = (event) => press(event, { dialog, placeOf });
  return dialog;
}

function press(event, { dialog, placeOf }) {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || isTyping(event.target)) return;
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp')
    return step(event, event.key === 'ArrowDown' ? 1 : -1, false);
  if (isOff()) return;
  const key = event.key.toLowerCase();
  if (waitsForPlace && placeOf[key]) location.hash = `#/${placeOf[key]}`;
  else if (key === 'j' || key === 'k') step(event, key === 'j' ? 1 : -1, true);
  else if (key === '?') dialog.showModal();
  else if (key === '/') {
    event.preventDefault();
    document.querySelector('input[type=search]')?.focus();
  }
  waitsForPlace = key === 'g' && !waitsForPlace;
}

function step(event, by, anywhere) {
  const rows = [...document.querySelectorAll('.rows .row-link')];
  const at = rows.indexOf(document.activeElement);
  if (at < 0 && !anywhere) return;
  const next = rows[at < 0 ? 0 : at + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
