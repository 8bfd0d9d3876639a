/**
 * A mailbox shows the beginning of a mail after its subject, as much as has room. This fills what the preheader leaves
 * free with characters that take room and show nothing, so that no "View in browser" follows it.
 */
const PADDING = '&#847;&zwnj;&nbsp;'.repeat(100);
/** Hidden from every mail program: Outlook needs mso-hide, Gmail's app the sizes. */
const HIDDEN =
  'display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all';

/** Puts the line a mailbox shows after the subject first into the body. `preheader` is HTML. */
export function addPreheader(html: string, preheader: string | undefined): string {
  if (preheader === undefined || preheader.trim() === '') return html;
  const hidden = `<div style="${HIDDEN}">${preheader.trim()}${PADDING}</div>`;
  const body = /<body\b(?:[^>"']|"[^"]*"|'[^']*'){0,1000}>/i.exec(html);
  if (body === null) return hidden + html;
  const at = body.index + body[0].length;
  return html.slice(0, at) + hidden + html.slice(at);
}
