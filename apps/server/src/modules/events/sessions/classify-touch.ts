import type { Campaign } from './campaign.ts';
import { CLICK_IDS, MEDIA, PAYMENT_HOSTS, REFERRERS, type TouchClass } from './networks.data.ts';
import { hostOf, type Page } from './page-of.ts';

/** Where a visitor came from. */
export interface Touch extends Campaign {
  readonly class: TouchClass;
  /** The host that linked here; '' when unknown, or the shop itself. */
  readonly referrer: string;
}

const NO_CAMPAIGN: Campaign = {
  source: '',
  medium: '',
  name: '',
  term: '',
  content: '',
  clickIdType: '',
  clickId: '',
};

/** The host that sent the visitor; '' for the shop itself, a payment page on the way back, and nobody. */
export function referrerHost(page: Page): string {
  const from = hostOf(page.referrer);
  if (from === '') return '';
  const own = hostOf(page.url);
  // Without the page's own host nobody can tell whether the visitor came from another.
  if (own === '' || siteOf(from) === siteOf(own)) return '';
  return PAYMENT_HOSTS.some((host) => isBelow(from, host)) ? '' : from;
}

/** Campaign first, then the click id, then who linked; `direct` when nothing says. */
export function classifyTouch(campaign: Campaign | undefined, referrer: string): Touch {
  const known = knownReferrer(referrer);
  if (campaign === undefined) {
    if (referrer === '') return { ...NO_CAMPAIGN, source: '', medium: '', class: 'direct', referrer };
    const { source, class: kind } = known ?? { source: referrer, class: 'referral' as const };
    return { ...NO_CAMPAIGN, source, medium: kind === 'search' ? 'organic' : kind, class: kind, referrer };
  }
  const click = CLICK_IDS.find(({ param }) => param === campaign.clickIdType);
  const source = campaign.source || click?.source || known?.source || referrer;
  const medium = campaign.medium || click?.medium || '';
  return { ...campaign, source, medium, class: classOf(campaign, { click, known }), referrer };
}

function classOf(
  campaign: Campaign,
  says: { click: { class: TouchClass } | undefined; known: { class: TouchClass } | undefined },
): TouchClass {
  const byMedium = Object.hasOwn(MEDIA, campaign.medium) ? MEDIA[campaign.medium] : undefined;
  // A network's click id proves an advertisement whatever the shop wrote beside it; Meta's does not.
  if (says.click?.class === 'ad') return 'ad';
  return byMedium ?? says.click?.class ?? says.known?.class ?? 'other';
}

/** The longest entry that the host is, or is below. */
function knownReferrer(host: string): { source: string; class: TouchClass } | undefined {
  const labels = host.split('.');
  for (let from = 0; from < labels.length; from++) {
    const below = labels.slice(from);
    const exact = below.join('.');
    if (Object.hasOwn(REFERRERS, exact)) return REFERRERS[exact];
    // google.de, google.co.uk, google.com.tr
    const anyCountry = `${below[0]}.*`;
    if (below.length >= 2 && below.length <= 3 && Object.hasOwn(REFERRERS, anyCountry)) {
      const isCountry = below.length === 2 || isSecondLevel(below[1]!);
      if (isCountry) return REFERRERS[anyCountry];
    }
  }
  return undefined;
}

function isBelow(host: string, above: string): boolean {
  return host === above || host.endsWith(`.${above}`);
}

const SECOND_LEVELS = new Set(['co', 'com', 'org', 'net', 'ac', 'gov', 'edu']);

function isSecondLevel(label: string): boolean {
  return SECOND_LEVELS.has(label);
}

/** The name somebody registered: the last two labels, three under `co.uk` and its like. */
export function siteOf(host: string): string {
  const labels = host.split('.');
  const count = labels.length > 2 && isSecondLevel(labels.at(-2)!) && labels.at(-1)!.length === 2 ? 3 : 2;
  return labels.slice(-count).join('.');
}
