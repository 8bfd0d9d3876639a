import { h } from '../dom.js';
import { send } from './auth-api.js';
import { field, form, linkLine, newPasswordField, showCard, tokenFromAddress } from './form.js';

const token = tokenFromAddress();
const ROLES = {
  owner: 'an owner',
  admin: 'an admin',
  marketer: 'a marketer',
  agent: 'a support agent',
  staff: 'store staff',
  analyst: 'an analyst',
};

async function accept(body) {
  await send('/api/auth/accept-invite', { token, ...body });
  location.replace('/');
}

function showEnded() {
  showCard(
    'This invite has ended',
    'It was used, was revoked, or seven days have passed. Ask whoever invited you for a new one.',
    [linkLine('Sign in', '/sign-in')],
  );
}

function show({ workspace, email, role, next }) {
  const title = `Join ${workspace}`;
  const lead = `You are invited as ${ROLES[role] ?? role}.`;
  if (next === 'join') {
    return showCard(title, `${lead} You are signed in as ${email}.`, [
      form({ fields: [], submit: `Join ${workspace}`, onSubmit: () => accept({}) }),
    ]);
  }
  if (next === 'signIn') {
    const href = `/sign-in?to=${encodeURIComponent('/invite')}${location.hash}`;
    return showCard(title, `${lead} Sign in as ${email} to accept.`, [
      h('p', { class: 'form-more' }, [h('a', { class: 'button solid', href, text: 'Sign in' })]),
    ]);
  }
  const address = field('email', 'Email address', {
    type: 'email',
    value: email,
    readonly: true,
    autocomplete: 'username',
  });
  const name = field('name', 'Your name', { autocomplete: 'name' });
  const password = newPasswordField('password', 'Password');
  showCard(title, lead, [
    form({
      fields: [address, name, password],
      submit: 'Accept the invite',
      onSubmit: (given) => accept({ name: given.name, password: given.password }),
    }),
  ]);
  name.input.focus();
}

try {
  if (token) show(await send('/api/auth/invite', { token }));
  else showEnded();
} catch (error) {
  if (error.status === 404) showEnded();
  else showCard('This did not work', error.remedy ? `${error.message}: ${error.remedy}.` : error.message, []);
}
