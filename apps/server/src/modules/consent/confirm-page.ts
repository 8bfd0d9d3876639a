import type { Brand } from '@segue/contract';
import { escapeHtml } from '../../platform/html.ts';
import type { Spoken } from './choose-wording.ts';
import type { ConfirmationState } from './confirm-consent.ts';
import { doneNote, publicPage } from './public-page.ts';

/** What she agrees to, in the words she reads; kept as proof. */
export function confirmQuestion({ wording }: Spoken, state: ConfirmationState, brand: Brand): string {
  return wording.confirmQuestion.replace('{brand}', () => brand.name).replace('{topic}', () => state.topicName);
}

/** Where a customer confirms a yes, by a button. */
export function confirmPage(view: Spoken & { token: string; state: ConfirmationState; brand: Brand }): string {
  const { wording, language, state, brand } = view;
  const title = state.kind === 'lapsed' ? wording.lapsedTitle : wording.confirmTitle;
  const body = `<section class="sheet"><h1>${escapeHtml(title)}</h1>${bodyOf(view)}</section>`;
  return publicPage({ language, title, brand, body });
}

function bodyOf(view: Spoken & { token: string; state: ConfirmationState; brand: Brand }): string {
  const { wording, state, brand } = view;
  switch (state.kind) {
    case 'confirmed':
      return doneNote(wording.confirmed);
    case 'lapsed':
      return `<p>${escapeHtml(wording.lapsed)}</p>`;
    case 'open': {
      const hint = state.topicDescription === null ? '' : `<p class="quiet">${escapeHtml(state.topicDescription)}</p>`;
      return `<p>${escapeHtml(confirmQuestion(view, state, brand))}</p>${hint}
<form method="post" action="/p/c/${escapeHtml(view.token)}"><button>${escapeHtml(wording.confirmButton)}</button></form>
<p class="quiet" style="margin:1rem 0 0">${escapeHtml(wording.confirmIgnore)}</p>`;
    }
  }
}
