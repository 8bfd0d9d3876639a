import { escapeHtml } from '../../platform/html.ts';

export interface MemberMessage {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The way of a mail to somebody who signs in: invites and password resets, not messages to customers. Joined in compose. */
export interface MemberMail {
  /** Resolves when the mail server took it; rejects when it did not. */
  send(message: MemberMessage): Promise<void>;
}

export function composeInvite(invite: { to: string; workspace: string; link: string }): MemberMessage {
  const { to, workspace, link } = invite;
  return compose({
    to,
    subject: `You are invited to ${workspace}`,
    lead: `You are invited to work on ${workspace} in Segue.`,
    link,
    action: 'Accept the invite',
    end: 'The link works once, for 7 days. If you did not expect it, do nothing.',
  });
}

export function composeReset(reset: { to: string; link: string }): MemberMessage {
  return compose({
    to: reset.to,
    subject: 'Choose a new password',
    lead: 'Somebody, probably you, asked for a new password in Segue.',
    link: reset.link,
    action: 'Choose a new password',
    end: 'The link works once, for an hour, and ends every session. If it was not you, do nothing: your password stays.',
  });
}

interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly lead: string;
  readonly link: string;
  readonly action: string;
  readonly end: string;
}

function compose({ to, subject, lead, link, action, end }: Letter): MemberMessage {
  const paragraph = (inner: string) => `<p style="margin:0 0 16px">${inner}</p>`;
  const button = `<a href="${escapeHtml(link)}" style="display:inline-block;padding:8px 14px;border-radius:7px;background:#1b1e25;color:#ffffff;text-decoration:none">${escapeHtml(action)}</a>`;
  const body = [paragraph(escapeHtml(lead)), paragraph(button), paragraph(escapeHtml(end))].join('');
  return {
    to,
    // A name with line breaks must not become a header.
    subject: subject.replaceAll(/\s+/g, ' '),
    text: `${lead}\n\n${action}: ${link}\n\n${end}\n`,
    html: `<!doctype html><html lang="en"><body style="margin:0;padding:24px;font:15px/22px system-ui,sans-serif;color:#171b21;background:#ffffff">${body}</body></html>`,
  };
}
