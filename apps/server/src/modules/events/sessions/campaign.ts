import { createHash } from 'node:crypto';
import { GenerationCache } from '../../../platform/generation-cache.ts';
import { isJsonObject } from '../../../platform/json.ts';
import { CLICK_IDS } from './networks.data.ts';
import { type BehaviourEvent, cut, type Page, pageOf, textOf } from './page-of.ts';

/** What a link said about itself. '' where it says nothing. */
export interface Campaign {
  readonly source: string;
  readonly medium: string;
  readonly name: string;
  readonly term: string;
  readonly content: string;
  /** The parameter and its value: `gclid`. */
  readonly clickIdType: string;
  readonly clickId: string;
}

/** A label of a campaign; longer ones are cut. */
const LABEL_LENGTH_MAX = 80;
/** A click id that was cut would be worthless, so a longer one is left out. */
const CLICK_ID_LENGTH_MAX = 200;
const CACHED_TEXTS_MAX = 2_000;
const CACHED_LENGTH_MAX = 1_000;
const SEPARATOR = '\u001f';

const LABEL_FIELDS = ['source', 'medium', 'name', 'term', 'content'] as const;
const UTM_PARAMETERS = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const;

/** What was read of a text that comes again and again, and the campaign's key in few characters. */
interface Read {
  readonly campaign: Campaign | undefined;
  readonly key: string | undefined;
}

const NOTHING_READ: Read = { campaign: undefined, key: undefined };
const labels = new GenerationCache<string, Read>(CACHED_TEXTS_MAX);
const queries = new GenerationCache<string, Read>(CACHED_TEXTS_MAX);

/** The campaign an event carries: `context.campaign`, else the utm parameters of its page; and its click id. */
export function campaignOf(event: BehaviourEvent, page: Page): Campaign | undefined {
  const fromQuery = readQuery(queryOf(page)).campaign;
  const own = readOwn(event).campaign;
  if (own === undefined) return fromQuery;
  return { ...own, clickIdType: fromQuery?.clickIdType ?? '', clickId: fromQuery?.clickId ?? '' };
}

/** The key of `campaignOf`, hashed short. Of nearly every event that is all anybody asks. */
export function shortKeyOf(event: BehaviourEvent): string | undefined {
  return readOwn(event).key ?? readQuery(queryOf(pageOf(event))).key;
}

/** The same few campaigns come with every event of a visit. */
function readOwn(event: BehaviourEvent): Read {
  const said = event.payload.context?.['campaign'];
  if (!isJsonObject(said)) return NOTHING_READ;
  const texts = LABEL_FIELDS.map((field) => textOf(said[field]));
  return remembered(labels, texts.join(SEPARATOR), () => {
    const own = readLabels(texts);
    return isMarked(own) ? { ...own, clickIdType: '', clickId: '' } : undefined;
  });
}

function readQuery(query: string): Read {
  return query === '' ? NOTHING_READ : remembered(queries, query, () => campaignOfQuery(query));
}

function remembered(cache: GenerationCache<string, Read>, text: string, read: () => Campaign | undefined): Read {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const campaign = read();
  const key =
    campaign === undefined
      ? undefined
      : createHash('sha256').update(campaignKey(campaign)).digest('base64url').slice(0, 11);
  const answer = { campaign, key };
  if (text.length <= CACHED_LENGTH_MAX) cache.set(text, answer);
  return answer;
}

function readLabels([source = '', medium = '', name = '', term = '', content = '']: readonly string[]): Labels {
  return {
    source: label(source).toLowerCase(),
    medium: label(medium).toLowerCase(),
    name: label(name),
    term: label(term),
    content: label(content),
  };
}

/**
 * What tells one campaign from another: its labels; of a link without labels the click id. Two clicks on the same
 * campaign are the same campaign.
 */
export function campaignKey(campaign: Campaign): string {
  const { source, medium, name, term, content } = campaign;
  return isMarked(campaign)
    ? [source, medium, name, term, content].join(SEPARATOR)
    : `${campaign.clickIdType}:${campaign.clickId}`;
}

type Labels = Pick<Campaign, 'source' | 'medium' | 'name' | 'term' | 'content'>;

function isMarked({ source, medium, name, term, content }: Labels): boolean {
  return source !== '' || medium !== '' || name !== '' || term !== '' || content !== '';
}

function queryOf({ search, url }: Page): string {
  if (search !== '') return search;
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark);
}

function campaignOfQuery(query: string): Campaign | undefined {
  const parameter = (name: string): string => parameterOf(query, name);
  const read = readLabels(UTM_PARAMETERS.map(parameter));
  for (const { param } of CLICK_IDS) {
    const clickId = parameter(param);
    if (clickId === '' || clickId.length > CLICK_ID_LENGTH_MAX || clickId.includes('@')) continue;
    return { ...read, clickIdType: param, clickId };
  }
  return isMarked(read) ? { ...read, clickIdType: '', clickId: '' } : undefined;
}

/**
 * Parameters stand as forms write them (application/x-www-form-urlencoded); one that cannot be decoded is left as it is. NUL
 * is replaced as intake does: what is told of the session is kept in PostgreSQL by others.
 */
function parameterOf(query: string, name: string): string {
  const raw = new RegExp(`[?&]${name}=([^&#]*)`).exec(query)?.[1] ?? '';
  const spaced = raw.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced).replaceAll('\u0000', '\uFFFD');
  } catch {
    return spaced;
  }
}

/** What holds an address is somebody's, not a campaign's. */
function label(text: string): string {
  return text.includes('@') ? '' : cut(text.trim(), LABEL_LENGTH_MAX);
}
