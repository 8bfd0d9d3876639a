import type { Mail } from './mail.ts';

/**
 * Nothing of a mail may run or phone out: no script, no form, no frame, and pictures only from this machine. Links
 * open a new tab that is free of the sandbox.
 */
export const MAIL_DOCUMENT_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data: http://127.0.0.1:* http://localhost:*',
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ');

const HEAD = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><base target="_blank">';

/** The mail as a page of its own, as the customer sees it. */
export function mailDocument(mail: Mail): string {
  if (mail.html === null) return plainDocument(mail.text ?? '');
  const head = /<head[^>]*>/i.exec(mail.html);
  if (head !== null) {
    const at = head.index + head[0].length;
    return mail.html.slice(0, at) + HEAD + mail.html.slice(at);
  }
  const start = /^\s*(<!doctype[^>]*>)?\s*(<html[^>]*>)?/i.exec(mail.html)?.[0].length ?? 0;
  return `${mail.html.slice(0, start) || '<!doctype html>'}${HEAD}${mail.html.slice(start)}`;
}

function plainDocument(text: string): string {
  const style =
    'font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:24px;color:#171b21';
  return `<!doctype html><html lang="en"><head>${HEAD}</head><body><pre style="${style}">${escapeHtml(text)}</pre></body></html>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
