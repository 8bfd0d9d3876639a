import type { Brand } from '@segue/contract';
import { escapeHtml } from '../../platform/html.ts';
import type { Spoken } from './choose-wording.ts';
import type { Choices, TopicChoice } from './preference-choices.ts';
import { doneNote, publicPage } from './public-page.ts';
import { isPaused, type Rhythm } from './rhythm.ts';

export interface PreferenceView extends Spoken {
  readonly token: string;
  readonly brand: Brand;
  readonly topics: readonly TopicChoice[];
  readonly stopped: Choices['stopped'];
  readonly rhythm: Rhythm;
  readonly isObjectedProfiling: boolean;
  /** What "less often" comes to here. */
  readonly lessOften: Pace;
  readonly now: number;
  /** IANA name, of the workspace. */
  readonly timeZone: string;
  /** What just happened, in a sentence. */
  readonly done?: string | undefined;
}

/** At most so many marketing messages in so long. */
export interface Pace {
  readonly limitMax: number;
  readonly windowMs: number;
}

/** Where a customer says what she wants to hear about, and where. */
export function preferencePage(view: PreferenceView): string {
  const { wording, language, brand } = view;
  const action = `/p/topics/${escapeHtml(view.token)}`;
  const done = view.done === undefined ? '' : doneNote(view.done);
  const stopped = { no: '', by_choice: wording.stoppedNow, for_good: wording.stoppedForGood }[view.stopped];
  const note = stopped === '' ? '' : `<p>${escapeHtml(stopped)}</p>`;
  const topics = view.topics.map((topic) => topicGroup(topic, view)).join('');
  const body = `<section class="sheet"><h1>${escapeHtml(wording.preferencesTitle)}</h1>${done}${note}
<form method="post" action="${action}"><fieldset><legend>${escapeHtml(wording.legend)}</legend>${topics}</fieldset>${frequencyGroup(view)}
<button name="action" value="save">${escapeHtml(wording.save)}</button></form></section>
${pauseSheet(view, action)}
${profilingSheet(view, action)}
${endSheets(view, action)}`;
  const title = view.done === undefined ? wording.preferencesTitle : `${view.done} ${wording.preferencesTitle}`;
  return publicPage({ language, brand, title, body });
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

function frequencyGroup({ wording, rhythm, lessOften }: PreferenceView): string {
  const days = Math.max(1, Math.round(lessOften.windowMs / 86_400_000));
  const less = (days === 7 ? wording.lessOftenWeek : wording.lessOftenDays)
    .replace('{count}', String(lessOften.limitMax))
    .replace('{days}', String(days));
  const radio = (value: string, name: string, isOn: boolean) =>
    `<label><input type="radio" name="frequency" value="${value}"${isOn ? ' checked' : ''}>${escapeHtml(name)}</label>`;
  const choices = radio('usual', wording.usual, !rhythm.isLessOften) + radio('less_often', less, rhythm.isLessOften);
  return `<fieldset class="group"><legend>${escapeHtml(wording.frequencyTitle)}</legend><div class="choices">${choices}</div></fieldset>`;
}

function pauseSheet(view: PreferenceView, action: string): string {
  const { wording, rhythm, now } = view;
  const paused = isPaused(rhythm, now);
  const hint = paused ? fillDate(wording.pausedUntil, view) : wording.pauseHint;
  const [value, name] = paused ? ['resume', wording.resume] : ['pause', wording.pause];
  return `<section class="sheet"><h2>${escapeHtml(wording.pauseTitle)}</h2><p class="quiet">${escapeHtml(hint)}</p>
<form method="post" action="${action}"><button class="plain" name="action" value="${value}">${escapeHtml(name)}</button></form></section>`;
}

/** The ways out. Whose address gets nothing at all is not promised her orders, nor asked to stop once more. */
function endSheets({ wording, stopped }: PreferenceView, action: string): string {
  const hint = stopped === 'no' ? `<p class="quiet">${escapeHtml(wording.unsubscribeAllHint)}</p>` : '';
  const none = `<section class="sheet"><h2>${escapeHtml(wording.unsubscribeAll)}</h2>${hint}
<form method="post" action="${action}"><button class="plain" name="action" value="none">${escapeHtml(wording.unsubscribeAll)}</button></form></section>`;
  if (stopped !== 'no') return none;
  return `${none}
<section class="sheet"><h2>${escapeHtml(wording.stopTitle)}</h2><p class="quiet">${escapeHtml(wording.stopHint)}</p>
<form method="post" action="${action}"><button class="plain" name="action" value="stop">${escapeHtml(wording.stop)}</button></form></section>`;
}

function profilingSheet({ wording, isObjectedProfiling }: PreferenceView, action: string): string {
  const hint = isObjectedProfiling ? wording.notProfiled : wording.profilingHint;
  const [value, name] = isObjectedProfiling
    ? ['profiling_on', wording.profilingOn]
    : ['profiling_off', wording.profilingOff];
  return `<section class="sheet"><h2>${escapeHtml(wording.profilingTitle)}</h2><p class="quiet">${escapeHtml(hint)}</p>
<form method="post" action="${action}"><button class="plain" name="action" value="${value}">${escapeHtml(name)}</button></form></section>`;
}

/** Puts the day on which the pause ends into a sentence. */
export function fillDate(
  text: string,
  { language, rhythm, timeZone }: Pick<PreferenceView, 'language' | 'rhythm' | 'timeZone'>,
): string {
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone });
  return text.replace('{date}', rhythm.pausedUntil === undefined ? '' : date.format(rhythm.pausedUntil));
}

/** What a link shows that is not one of ours. */
export function unknownLinkPage({ wording, language }: Spoken): string {
  const title = wording.unknownTitle;
  const body = `<section class="sheet"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(wording.unknown)}</p></section>`;
  return publicPage({ language, title, brand: NO_BRAND, body });
}

/** A link nobody signed names no workspace. */
export const NO_BRAND: Brand = { name: '', color: null, logoUrl: null, postalAddress: null, language: 'en' };
