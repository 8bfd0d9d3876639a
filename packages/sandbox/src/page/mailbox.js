// The mailbox page. Everything a mail says is set as text; its HTML is shown only inside the sandboxed frame.
const POLL_MS = 2000;

const at = (id) => document.getElementById(id);
const state = { address: readHash().to, mailId: readHash().mail, inboxes: [], mails: [] };

function readHash() {
  const hash = new URLSearchParams(location.hash.slice(1));
  return { to: hash.get('to') ?? '', mail: hash.get('mail') ?? '' };
}

function writeHash() {
  const hash = new URLSearchParams();
  if (state.address) hash.set('to', state.address);
  if (state.mailId) hash.set('mail', state.mailId);
  history.replaceState(null, '', hash.size ? `#${hash}` : location.pathname);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function load(path, options) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? `The mailbox answered ${response.status}`);
  return body;
}

function timeText(iso) {
  const date = new Date(iso);
  return date.toLocaleString(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}

function row(lines, options) {
  const item = element('li');
  const button = element('button', 'row');
  button.type = 'button';
  button.dataset.key = options.key;
  button.setAttribute('aria-current', String(options.current));
  button.addEventListener('click', options.open);
  button.append(...lines);
  item.append(button);
  return item;
}

/** Replaces the rows and gives the keyboard focus back to the row that had it. */
function fill(list, rows, emptyText) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.replaceChildren(...(rows.length > 0 ? rows : [element('li', 'empty', emptyText)]));
  if (focused === undefined) return;
  [...list.querySelectorAll('button')].find((button) => button.dataset.key === focused)?.focus();
}

function line(left, right) {
  const made = element('span', 'line');
  made.append(element('span', 'clip strong', left), element('span', 'nums quiet', right));
  return made;
}

function drawInboxes() {
  const wanted = at('filter').value.trim().toLowerCase();
  const shown = state.inboxes.filter((inbox) => inbox.address.includes(wanted));
  const everyone = row([line('Everyone', String(state.inboxes.reduce((sum, inbox) => sum + inbox.count, 0)))], {
    key: '',
    current: state.address === '',
    open: () => choose(''),
  });
  const rows = shown.map((inbox) =>
    row([line(inbox.address, String(inbox.count))], {
      key: inbox.address,
      current: state.address === inbox.address,
      open: () => choose(inbox.address),
    }),
  );
  const none = wanted ? 'No address like this has mail.' : '';
  fill(at('inbox-rows'), wanted ? rows : [everyone, ...rows], none);
}

function drawMails() {
  at('mails-title').textContent = state.address || 'Everyone';
  const rows = state.mails.map((mail) =>
    row(
      [
        line(state.address ? mail.from : mail.to.join(', '), timeText(mail.receivedAt)),
        element('div', 'clip', mail.subject || '(no subject)'),
        element('div', 'clip quiet', mail.unsubscribedAt ? 'Unsubscribed' : mail.preview),
      ],
      { key: mail.id, current: state.mailId === mail.id, open: () => read(mail.id) },
    ),
  );
  fill(at('mail-rows'), rows, 'No mail yet. It appears here the moment it arrives.');
}

async function refresh() {
  const query = state.address ? `?to=${encodeURIComponent(state.address)}` : '';
  try {
    const [inboxes, mails] = await Promise.all([load('/api/inboxes'), load(`/api/mails${query}`)]);
    const next = JSON.stringify([inboxes.items, mails.items]);
    if (next !== state.drawn) {
      state.inboxes = inboxes.items;
      state.mails = mails.items;
      state.drawn = next;
      drawInboxes();
      drawMails();
    }
  } catch {
    fill(at('mail-rows'), [], 'The sandbox is not running. This page goes on as soon as it is back.');
    state.drawn = undefined;
  }
}

function choose(address) {
  state.address = address;
  state.drawn = undefined;
  writeHash();
  return refresh();
}

async function read(id) {
  state.mailId = id;
  writeHash();
  drawMails();
  try {
    show(await load(`/api/mails/${encodeURIComponent(id)}`));
  } catch (error) {
    state.mailId = '';
    at('reader-mail').hidden = true;
    at('reader-empty').hidden = false;
    at('reader-empty').textContent = error.message;
  }
}

function show(mail) {
  document.querySelector('.panes').classList.add('reading');
  at('reader-empty').hidden = true;
  at('reader-mail').hidden = false;
  at('mail-subject').textContent = mail.subject || '(no subject)';
  at('mail-meta').textContent = `${mail.from} to ${mail.to.join(', ')} · ${timeText(mail.receivedAt)}`;
  at('mail-headers').replaceChildren(
    ...mail.headers.flatMap((header) => [element('dt', '', header.name), element('dd', '', header.value)]),
  );
  at('mail-body').src = `/mails/${encodeURIComponent(mail.id)}/body`;
  drawUnsubscribe(mail);
}

function drawUnsubscribe(mail) {
  const possible = mail.unsubscribe?.oneClick === true;
  at('unsubscribe').disabled = !possible || mail.unsubscribedAt !== null;
  at('unsubscribe').onclick = () => unsubscribe(mail);
  if (mail.unsubscribedAt) note('Unsubscribed with one click', 'good');
  else note(possible ? '' : 'This mail offers no one-click unsubscribing', 'quiet');
}

function note(text, tone) {
  at('unsubscribe-note').className = tone;
  at('unsubscribe-note').textContent = text;
}

async function unsubscribe(mail) {
  at('unsubscribe').disabled = true;
  note('Asking the sender…', 'quiet');
  try {
    await load(`/api/mails/${encodeURIComponent(mail.id)}/unsubscribe`, { method: 'POST' });
    note('Unsubscribed with one click', 'good');
  } catch (error) {
    at('unsubscribe').disabled = false;
    note(error.message, 'bad');
  }
}

function step(list, by) {
  const rows = [...list.querySelectorAll('button')];
  const next = rows[rows.indexOf(document.activeElement) + by];
  next?.focus();
}

document.addEventListener('keydown', (event) => {
  const list = document.activeElement?.closest?.('.rows');
  if (list && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault();
    step(list, event.key === 'ArrowDown' ? 1 : -1);
  }
});
at('filter').addEventListener('input', drawInboxes);
at('back').addEventListener('click', () => {
  document.querySelector('.panes').classList.remove('reading');
  at('mail-rows').querySelector('[aria-current=true]')?.focus();
});

await refresh();
if (state.mailId) await read(state.mailId);
setInterval(refresh, POLL_MS);
