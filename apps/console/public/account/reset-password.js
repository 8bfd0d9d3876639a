import { send } from './auth-api.js';
import { field, form, linkLine, newPasswordField, showCard, tokenFromAddress } from './form.js';

const token = tokenFromAddress();

function askAddress() {
  const email = field('email', 'Email address', { type: 'email', autocomplete: 'username', inputmode: 'email' });
  const onSubmit = async (body) => {
    await send('/api/auth/request-password-reset', body);
    showCard(
      'Look into your mailbox',
      `If ${body.email} signs in here, a link is on its way. It works once, for an hour.`,
      [linkLine('Back to sign-in', '/sign-in')],
    );
  };
  showCard('Forgot the password?', 'We mail you a link to choose a new one.', [
    form({ fields: [email], submit: 'Send the link', onSubmit }),
    linkLine('Back to sign-in', '/sign-in'),
  ]);
}

function askPassword() {
  const newPassword = newPasswordField('newPassword', 'New password');
  const onSubmit = async (body) => {
    try {
      await send('/api/auth/reset-password', { token, ...body });
    } catch (error) {
      if (!error.fields?.some(({ field: name }) => name === 'token')) throw error;
      return showCard('This link has ended', 'It was used, or an hour has passed.', [
        linkLine('Ask for a new link', '/reset-password'),
      ]);
    }
    history.replaceState(null, '', '/reset-password');
    showCard('Your password is new', 'Every session has ended. Sign in with the new one.', [
      linkLine('Sign in', '/sign-in'),
    ]);
  };
  showCard('Choose a new password', 'It ends every session you have open.', [
    form({ fields: [newPassword], submit: 'Save', onSubmit }),
  ]);
}

if (token) askPassword();
else askAddress();
addEventListener('hashchange', () => location.reload());
