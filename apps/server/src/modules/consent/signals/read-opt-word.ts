import { COURTESIES, ENGLISH_ANSWERS, OPT_WORDS, type OptAction } from './opt-words.data.ts';

/** A word a workspace added; without channel or language it holds on every one. */
export interface OwnWord {
  readonly action: OptAction;
  readonly word: string;
  readonly channel?: string | null | undefined;
  readonly language?: string | null | undefined;
}

export interface ReadOptWord {
  readonly action: OptAction;
  /** A mere yes, or what bots hear all day, like "weiter": it counts only from somebody who had stopped. */
  readonly isAnswer: boolean;
}

/** Channels on which a customer can answer in words. */
const WORD_CHANNELS: ReadonlySet<string> = new Set(['sms', 'whatsapp', 'messenger', 'instagram']);
/** Longer messages are conversation. */
const LENGTH_MAX = 200;

/** Letters that Unicode does not take apart. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', ł: 'l', ø: 'o', đ: 'd', æ: 'ae', œ: 'oe', ı: 'i' };

/**
 * Whether a whole message is one of the words that end, resume or explain messages on its channel. "STOP!", "Stop, please"
 * and "🛑 stopp" are; "don't stop" and "when do you stop delivering" are not. English words hold in every language, those
 * of an unknown language are looked for in all. Only carriers' START on SMS and a workspace's own word are a yes of somebody
 * who never said no. Pure.
 */
export function readOptWord(
  text: string,
  said: { channel: string; language?: string | undefined; own?: readonly OwnWord[] | undefined },
): ReadOptWord | undefined {
  if (!WORD_CHANNELS.has(said.channel) || text.length > LENGTH_MAX) return undefined;
  const message = withoutCourtesies(plain(text));
  if (message === '') return undefined;
  const language = said.language?.slice(0, 2).toLowerCase();
  const isSms = said.channel === 'sms';
  const own = findOwn(message, { ...said, language });
  if (own !== undefined) return { action: own, isAnswer: false };
  const action = findAction(message, isSms, language);
  if (action === 'start') return { action, isAnswer: !(isSms && ENGLISH_PLAIN.start.has(message)) };
  if (action !== undefined) return { action, isAnswer: false };
  return isSms && ENGLISH_ANSWERS.includes(message) ? { action: 'start', isAnswer: true } : undefined;
}

/** Without case, accents, punctuation, emoji, marks of direction and the stretching of Arabic; words apart by one space. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}\u0640]/gu, '')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{M}|['’`´]/gu, '')
    .replaceAll(/[ßłøđæœı]/g, (letter) => LETTERS[letter]!)
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function withoutCourtesies(message: string): string {
  let rest = message;
  for (let before = ''; before !== rest;) {
    before = rest;
    for (const courtesy of COURTESIES) {
      if (rest.endsWith(` ${courtesy}`)) rest = rest.slice(0, -courtesy.length - 1);
      else if (rest.startsWith(`${courtesy} `)) rest = rest.slice(courtesy.length + 1);
    }
  }
  return rest;
}

interface PlainWords {
  readonly stop: ReadonlySet<string>;
  readonly smsStop: ReadonlySet<string>;
  readonly start: ReadonlySet<string>;
  readonly help: ReadonlySet<string>;
}

const BY_LANGUAGE: ReadonlyMap<string, PlainWords> = new Map(
  Object.entries(OPT_WORDS).map(([language, words]) => [
    language,
    {
      stop: plainSet(words.stop),
      smsStop: plainSet(words.smsStop ?? []),
      start: plainSet(words.start),
      help: plainSet(words.help ?? []),
    },
  ]),
);
const ENGLISH_PLAIN = BY_LANGUAGE.get('en')!;

function plainSet(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map(plain));
}

/** A stop in any of the languages is a stop before it is anything else. */
function findAction(message: string, isSms: boolean, language: string | undefined): OptAction | undefined {
  const own = language === undefined ? undefined : BY_LANGUAGE.get(language);
  const tables = own === undefined ? [...BY_LANGUAGE.values()] : [ENGLISH_PLAIN, own];
  if (tables.some((words) => words.stop.has(message) || (isSms && words.smsStop.has(message)))) return 'stop';
  if (tables.some((words) => words.start.has(message))) return 'start';
  return tables.some((words) => words.help.has(message)) ? 'help' : undefined;
}

function findOwn(
  message: string,
  said: { channel: string; language: string | undefined; own?: readonly OwnWord[] | undefined },
): OptAction | undefined {
  const fitting = (said.own ?? []).filter(
    (own) =>
      (own.channel ?? said.channel) === said.channel &&
      (said.language === undefined || (own.language ?? said.language) === said.language) &&
      plain(own.word) === message,
  );
  return fitting.find(({ action }) => action === 'stop')?.action ?? fitting[0]?.action;
}
