import { get, session } from '../api.js';
import { h } from '../dom.js';

/** Asks once for the API key and tries it before it is kept. */
export function signIn(root, { message, onDone }) {
  const input = h('input', {
    id: 'key',
    class: 'field mono',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    'aria-describedby': 'key-note',
  });
  const note = h('p', {
    id: 'key-note',
    class: message ? 'bad' : 'quiet',
    role: 'status',
    text: message ?? 'It stays in this tab and is forgotten when you close it.',
  });
  const submit = h('button', { class: 'button solid', type: 'submit', text: 'Open the console' });
  const tryKey = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    session.key = input.value.trim();
    try {
      await get('/api/v1/profiles', { limit: 1 });
      if (!location.hash.startsWith('#/')) history.replaceState(null, '', `${location.pathname}#/live`);
      onDone();
    } catch (error) {
      session.key = null;
      submit.disabled = false;
      note.className = 'bad';
      note.textContent = error.message;
      input.focus();
    }
  };
  root.replaceChildren(
    h('main', { class: 'sign-in-card' }, [
      h('img', { src: '/icon.svg', width: '40', height: '40', alt: '' }),
      h('h1', { text: 'Open your shop in Segue' }),
      h('p', { class: 'quiet', text: 'Give the API key that was printed at the first start.' }),
      h('form', { on: { submit: tryKey } }, [h('label', { for: 'key', text: 'API key' }), input, note, submit]),
      h('p', { class: 'form-more' }, [h('a', { href: '/sign-in', text: 'Sign in with email and password' })]),
    ]),
  );
  input.focus();
}
