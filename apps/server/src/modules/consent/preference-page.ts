import { escapeHtml } from '../../platform/html.ts';
import type { TopicChoice } from './change-preferences.ts';

/** The wording kept as proof of what a customer chose. */
export const PAGE_WORDING = 'Send me messages about:';

const STYLE = `body{font:1rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:34rem;margin:2rem auto;padding:0 1rem}
fieldset{border:1px solid #767676;border-radius:.5rem;padding:1rem;margin:0 0 1rem}
legend{font-weight:600;padding:0 .25rem}label{display:block;padding:.5rem 0}input{width:1.25rem;height:1.25rem;vertical-align:middle;margin-right:.5rem}
button{font:inherit;padding:.6rem 1.2rem;border:1px solid #1a1a1a;border-radius:.5rem;background:#1a1a1a;color:#fff;cursor:pointer}
.quiet{background:#fff;color:#1a1a1a}:focus-visible{outline:3px solid #1a5fd0;outline-offset:2px}
.done{border-left:.25rem solid #1a7f37;padding:.5rem 1rem;background:#f0f7f1}`;

export interface PreferenceView {
  readonly token: string;
  readonly topics: readonly TopicChoice[];
  readonly isStopped: boolean;
  /** What just happened, in a sentence. */
  readonly done?: string | undefined;
}

/** Where a customer says what she wants to hear about. Plain HTML, no script: it works in every browser and with a screen reader. */
export function preferencePage(view: PreferenceView): string {
  const action = `/p/topics/${escapeHtml(view.token)}`;
  const done = view.done === undefined ? '' : `<p class="done" role="status">${escapeHtml(view.done)}</p>`;
  const stopped = view.isStopped ? '<p>At present this address gets no messages at all.</p>' : '';
  const topics = view.topics.map(topicBox).join('');
  return document(
    'What we write to you about',
    `${done}${stopped}
<form method="post" action="${action}"><fieldset><legend>${PAGE_WORDING}</legend>${topics}</fieldset>
<button name="action" value="save">Save</button></form>
<h2>Stop everything</h2>
<p>No message of any kind goes to this address any more, not even about your orders.</p>
<form method="post" action="${action}"><button class="quiet" name="action" value="stop">Stop everything</button></form>`,
  );
}

/** What a link shows that is not one of ours. */
export function unknownLinkPage(): string {
  return document(
    'This link does not work',
    '<p>It may have been cut off. Please open it again from the message you received.</p>',
  );
}

function topicBox({ topic, name, isOn }: TopicChoice): string {
  return `<label><input type="checkbox" name="topic" value="${escapeHtml(topic)}"${isOn ? ' checked' : ''}>${escapeHtml(name)}</label>`;
}

function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${title}</title><style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`;
}
