import { h } from '../dom.js';
import { send } from './auth-api.js';
import { field, form, linkLine, passwordField, showCard } from './form.js';

/** Where to go once signed in: only to pages of our own. */
const PLACES = ['/', '/account', '/invite'];
const wanted = new URLSearchParams(location.search).get('to');
const leave = () => location.replace(`${PLACES.includes(wanted) ? wanted : '/'}${location.hash}`);

function askPassword() {
  const email = field('email', 'Email address', { type: 'email', autocomplete: 'username', inputmode: 'email' });
  const password = passwordField('password', 'Password');
  const onSubmit = async (body) => {
    const { next } = await send('/api/auth/sign-in/email', body);
    if (next === 'secondStep') askCode();
    else leave();
  };
  showCard('Sign in to Segue', '', [
    form({ fields: [email, password], submit: 'Sign in', onSubmit }),
    h('div', { class: 'form-links' }, [
      linkLine('Forgot the password?', '/reset-password'),
      linkLine('Use an API key', '/#api-key'),
    ]),
  ]);
}

function askCode() {
  const code = field('code', 'Code', {
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    maxlength: '6',
    class: 'field mono code-field',
    hint: 'The six digits your authenticator app shows now.',
  });
  const onSubmit = async (body) => {
    await send('/api/auth/two-factor/verify-totp', body);
    leave();
  };
  showCard('One more step', '', [
    form({ fields: [code], submit: 'Continue', onSubmit }),
    other('Use a backup code', askBackup),
  ]);
}

function askBackup() {
  const code = field('code', 'Backup code', {
    autocomplete: 'off',
    spellcheck: 'false',
    class: 'field mono code-field',
    hint: 'One you kept when you set this up. It works once.',
  });
  const onSubmit = async (body) => {
    await send('/api/auth/two-factor/verify-backup-code', body);
    leave();
  };
  showCard('Use a backup code', '', [
    form({ fields: [code], submit: 'Continue', onSubmit }),
    other('Use the app instead', askCode),
  ]);
}

function other(text, show) {
  return h('p', { class: 'form-more' }, [h('button', { type: 'button', class: 'link', text, on: { click: show } })]);
}

askPassword();
