import { badge, button, card, h } from '../dom.js';
import { end, read, send } from './auth-api.js';
import { qrSvg } from './qr.js';
import { field, form, newPasswordField, passwordField } from './form.js';

const root = document.getElementById('root');
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Says aloud what was done. */
const said = h('p', { class: 'toast', role: 'status' });
function say(text) {
  said.textContent = text;
}

function header(own) {
  const leave = async () => {
    await send('/api/auth/sign-out');
    location.replace('/sign-in');
  };
  return h('header', { class: 'account-head' }, [
    h('a', { class: 'brand', href: '/', 'aria-label': 'Back to the console' }, [
      h('img', { src: '/icon.svg', width: '24', height: '24', alt: '' }),
      h('span', { text: 'Segue' }),
    ]),
    h('div', { class: 'account-who' }, [h('h1', { text: own.name }), h('p', { class: 'quiet clip', text: own.email })]),
    button('Sign out', leave),
  ]);
}

/** Her workspaces; the console shows the one she opened last. */
function workspaces(own) {
  const last = own.workspaces.find((workspace) => workspace.isLast) ?? own.workspaces[0];
  const rows = own.workspaces.map((workspace) => {
    const open = async () => {
      await send('/api/auth/open-workspace', { workspace: workspace.id });
      location.assign('/');
    };
    return h('li', { class: 'account-row' }, [
      h('span', { class: 'strong clip', text: workspace.name }),
      h('span', { class: 'account-actions' }, [
        badge(workspace.role),
        workspace === last
          ? badge('Open now', 'good')
          : button('Open', open, { 'aria-label': `Open ${workspace.name}` }),
      ]),
    ]);
  });
  const none = h('p', {
    class: 'card-body quiet',
    text: 'You are a member of no workspace. Ask an owner or admin for an invite.',
  });
  return card('Workspaces', rows.length > 0 ? h('ul', { class: 'rows' }, rows) : none);
}

function password() {
  const fields = [passwordField('currentPassword', 'Password now'), newPasswordField('newPassword', 'New password')];
  const onSubmit = async (body) => {
    await send('/api/auth/change-password', body);
    for (const one of fields) one.input.value = '';
    say('Your password is changed. Every other session has ended.');
    await refresh();
  };
  return card(
    'Password',
    h('div', { class: 'card-body' }, [form({ fields, submit: 'Change it', solid: false, onSubmit })]),
  );
}

function secondStep(own) {
  const box = h('div', { class: 'card-body' });
  const askFor = (text, label, then) => {
    const given = passwordField('password', 'Password', { hint: text });
    box.replaceChildren(form({ fields: [given], submit: label, solid: false, onSubmit: then }));
    given.input.focus();
  };
  const begin = () =>
    askFor('To be sure that it is you.', 'Continue', async (body) =>
      setUp(box, await send('/api/auth/two-factor/enable', body)),
    );
  const turnOff = () =>
    askFor('Then a password alone opens your account again.', 'Turn it off', async (body) => {
      await send('/api/auth/two-factor/disable', body);
      say('The second step is off.');
      await refresh();
    });
  const renew = () =>
    askFor('The codes you have now end.', 'Make new codes', async (body) => {
      const { backupCodes } = await send('/api/auth/two-factor/generate-backup-codes', body);
      box.replaceChildren(...showCodes(backupCodes, () => void refresh()));
    });
  box.append(
    h('p', {
      class: 'quiet',
      text: own.hasTotp
        ? 'After the password you give a code from your authenticator app.'
        : 'With an authenticator app a stolen password is not enough to sign in.',
    }),
    h(
      'div',
      { class: 'account-actions' },
      own.hasTotp ? [button('New backup codes', renew), button('Turn it off', turnOff)] : [button('Set it up', begin)],
    ),
  );
  const section = card('Second step', box);
  section.querySelector('.card-head').append(own.hasTotp ? badge('On', 'good') : badge('Off'));
  return section;
}

function setUp(box, { totpUri, backupCodes }) {
  const secret = new URL(totpUri).searchParams.get('secret');
  const code = field('code', 'Code', {
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    maxlength: '6',
    class: 'field mono code-field',
    hint: 'The six digits the app shows now.',
  });
  const onSubmit = async (body) => {
    await send('/api/auth/two-factor/verify-totp', body);
    box.replaceChildren(...showCodes(backupCodes, () => void refresh()));
    box.parentElement.querySelector('.card-head .badge').replaceWith(badge('On', 'good'));
    say('The second step is on. Keep the backup codes.');
  };
  box.replaceChildren(
    h('p', { text: 'Scan this with your authenticator app, or type the key into it as a time-based code.' }),
    qrSvg(totpUri, 'QR code of the key below'),
    h('p', { class: 'mono secret', text: secret.match(/.{1,4}/g).join(' ') }),
    h('p', {}, [h('a', { href: totpUri, text: 'Or open it in an app on this device' })]),
    form({ fields: [code], submit: 'Turn it on', solid: false, onSubmit }),
  );
  code.input.focus();
}

function showCodes(codes, done) {
  const list = h(
    'ul',
    { class: 'codes mono' },
    codes.map((code) => h('li', { text: code })),
  );
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(codes.join('\n'));
    say('Copied.');
  });
  return [
    h('p', {
      text: 'Keep these backup codes where you find them without your phone. Each works once; they are shown only now.',
    }),
    list,
    h('div', { class: 'account-actions' }, [copy, button('I have kept them', done)]),
  ];
}

/** A browser's own name out of what it sends: enough to recognise one's own. */
function deviceOf(userAgent) {
  if (!userAgent) return 'Unknown device';
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(userAgent)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(userAgent)?.[1];
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser ?? 'A program';
  return system ? `${name} on ${system.replace(' OS X', '')}` : name;
}

function sessions(items) {
  const rows = items.map((session) => {
    const device = deviceOf(session.userAgent);
    const finish = async () => {
      await end(`/api/auth/sessions/${session.id}`);
      say(`The session of ${device} has ended.`);
      await refresh();
    };
    return h('li', { class: 'account-row' }, [
      h('div', { class: 'clip' }, [
        h('span', { class: 'strong', text: device }),
        h('span', { class: 'quiet', text: `  ${session.ip ?? ''}` }),
        h('br'),
        h('time', {
          class: 'quiet',
          datetime: session.createdAt,
          text: `Since ${time.format(new Date(session.createdAt))}`,
        }),
      ]),
      session.isThis
        ? badge('This one', 'good')
        : button('End', finish, { 'aria-label': `End the session of ${device}` }),
    ]);
  });
  const others = async () => {
    await send('/api/auth/end-other-sessions');
    say('All other sessions have ended.');
    await refresh();
  };
  const section = card('Sessions', h('ul', { class: 'rows' }, rows));
  if (items.length > 1) section.querySelector('.card-head').append(button('End all others', others));
  return section;
}

async function refresh() {
  try {
    const [own, list] = await Promise.all([read('/api/auth/session'), read('/api/auth/sessions')]);
    root.replaceChildren(
      h('main', { class: 'account-page' }, [
        header(own),
        said,
        workspaces(own),
        secondStep(own),
        password(),
        sessions(list.items),
      ]),
    );
  } catch (error) {
    if (error.status === 401) location.replace('/sign-in?to=%2Faccount');
    else
      root.replaceChildren(
        h('main', { class: 'state', role: 'alert' }, [h('p', { class: 'state-title', text: error.message })]),
      );
  }
}

void refresh();
