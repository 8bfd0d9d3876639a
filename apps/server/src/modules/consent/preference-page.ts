import type { Brand } from '@segue/contract';
import { escapeHtml } from '../../platform/html.ts';
import type { Spoken } from './choose-wording.ts';
import type { Choices, TopicChoice } from './preference-choices.ts';
import { publicPage } from './public-page.ts';

export interface PreferenceView extends Spoken {
  readonly token: string;
  readonly brand: Brand;
  readonly topics: readonly TopicChoice[];
  readonly stopped: Choices['stopped'];
  /** What just happened, in a sentence. */
  readonly done?: string | undefined;
}

/** Where a customer says what she wants to hear about, and where. */
export function preferencePage(view: PreferenceView): string {
  const { wording, language, brand } = view;
  const action = `/p/topics/${escapeHtml(view.token)}`;
  const done = view.done === undefined ? '' : `<p class="done" role="status">${escapeHtml(view.done)}</p>`;
  const stopped = { no: '', by_choice: wording.stoppedNow, for_good: wording.stoppedForGood }[view.stopped];
  const note = stopped === '' ? '' : `<p>${escapeHtml(stopped)}</p>`;
  const topics = view.topics.map((topic) => topicGroup(topic, view)).join('');
  const body = `<section class="sheet"><h1>${escapeHtml(wording.preferencesTitle)}</h1>${done}${note}
<form method="post" action="${action}"><fieldset><legend>${escapeHtml(wording.legend)}</legend>${topics}</fieldset>
<button name="action" value="save">${escapeHtml(wording.save)}</button></form></section>
<section class="sheet"><p class="quiet">${escapeHtml(wording.unsubscribeAllHint)}</p>
<form method="post" action="${action}"><button class="plain" name="action" value="none">${escapeHtml(wording.unsubscribeAll)}</button></form></section>
<section class="sheet"><h2>${escapeHtml(wording.stopTitle)}</h2><p class="quiet">${escapeHtml(wording.stopHint)}</p>
<form method="post" action="${action}"><button class="plain" name="action" value="stop">${escapeHtml(wording.stop)}</button></form></section>`;
  return publicPage({ language, brand, title: wording.preferencesTitle, body });
}

function topicGroup(topic: TopicChoice, { wording }: PreferenceView): string {
  const hint = topic.description === null ? '' : `<p class="quiet">${escapeHtml(topic.description)}</p>`;
  const boxes = topic.channels.map((choice) => {
    const name = wording.channels[choice.channel] ?? choice.channel;
    const value = escapeHtml(`${choice.channel}:${topic.topic}`);
    return `<label><input type="checkbox" name="choice" value="${value}"${choice.isOn ? ' checked' : ''}>${escapeHtml(name)}</label>`;
  });
  return `<fieldset><legend>${escapeHtml(topic.name)}</legend>${hint}<div class="choices">${boxes.join('')}</div></fieldset>`;
}

/** What a link shows that is not one of ours. */
export function unknownLinkPage({ wording, language }: Spoken): string {
  const title = wording.unknownTitle;
  const body = `<section class="sheet"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(wording.unknown)}</p></section>`;
  return publicPage({ language, title, brand: NO_BRAND, body });
}

/** A link nobody signed names no workspace. */
export const NO_BRAND: Brand = { name: '', color: null, logoUrl: null, postalAddress: null, language: 'en' };
