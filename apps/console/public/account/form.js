import { h } from '../dom.js';

/** A labelled input with its own line for what is wrong with it. */
export function field(name, label, attributes = {}) {
  const noteId = `${name}-note`;
  const { hint, ...rest } = attributes;
  const note = h('p', { id: noteId, class: 'quiet', text: hint ?? '' });
  const input = h('input', { id: name, name, class: 'field', required: true, 'aria-describedby': noteId, ...rest });
  const box = h('div', { class: 'form-field' }, [h('label', { for: name, text: label }), input, note]);
  return {
    box,
    input,
    complain(message) {
      note.textContent = message ?? hint ?? '';
      note.className = message ? 'bad' : 'quiet';
      if (message) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    },
  };
}

/** A form that says what went wrong beside the field it is about, and keeps what was typed. */
export function form({ fields, submit, onSubmit, solid = true }) {
  const said = h('p', { class: 'bad form-said', role: 'alert' });
  const button = h('button', { class: solid ? 'button solid' : 'button', type: 'submit', text: submit });
  const element = h('form', { novalidate: true }, [...fields.map((one) => one.box), said, button]);
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    said.textContent = '';
    for (const one of fields) one.complain();
    const missing = fields.find((one) => one.input.required && one.input.value === '');
    if (missing) {
      missing.complain('Fill this in.');
      return missing.input.focus();
    }
    button.disabled = true;
    try {
      await onSubmit(Object.fromEntries(fields.map((one) => [one.input.name, one.input.value])));
    } catch (error) {
      showRefusal(error, { fields, said });
    } finally {
      button.disabled = false;
    }
  });
  return element;
}

function showRefusal(error, { fields, said }) {
  let first;
  for (const { field: name, message } of error.fields ?? []) {
    const one = fields.find((candidate) => candidate.input.name === name);
    if (!one || error.status === 401) continue;
    one.complain(`${message[0].toUpperCase()}${message.slice(1)}.`);
    first ??= one;
  }
  if (!first) said.textContent = error.remedy ? `${error.message}: ${error.remedy}.` : error.message;
  // What could not be right is most likely the last thing that was typed.
  (first ?? fields.at(-1))?.input.focus();
}

export const passwordField = (name, label, attributes) =>
  field(name, label, { type: 'password', autocomplete: 'current-password', ...attributes });
export const newPasswordField = (name, label) =>
  passwordField(name, label, { autocomplete: 'new-password', minlength: '10', hint: 'At least 10 characters.' });

/** The card in the middle of a page. */
export function showCard(title, lead, children) {
  const root = document.getElementById('root');
  const heading = h('h1', { text: title });
  document.title = `${title} · Segue`;
  root.replaceChildren(
    h('main', { class: 'sign-in-card' }, [
      h('img', { src: '/icon.svg', width: '40', height: '40', alt: '' }),
      heading,
      lead ? h('p', { class: 'quiet', text: lead }) : null,
      ...[children].flat(),
    ]),
  );
  root.querySelector('input')?.focus();
}

export function linkLine(text, href) {
  return h('p', { class: 'form-more' }, [h('a', { href, text })]);
}

/** The token of a mailed link. It stands after the `#`, which no server sees. */
export function tokenFromAddress() {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}
