import type { Utm } from '@segue/contract';

const PARAMETERS = ['source', 'medium', 'campaign', 'content', 'term'] as const;

/** What the placeholders of campaign parameters stand for: public ids. */
export interface UtmIds {
  readonly template: string;
  /** Undefined outside a journey: a parameter that names it is then left out. */
  readonly journey?: string | undefined;
}

/**
 * The address with the campaign parameters it does not have yet, `utm_source` and so on. What is no web address, or leads
 * elsewhere than `utm.hosts`, stays as it is; so does every byte of the rest.
 */
export function addUtm(url: string, utm: Utm, ids: UtmIds): string {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url) || !isMeant(new URL(url).hostname, utm.hosts)) return url;
  const present = new URL(url).searchParams;
  const added = PARAMETERS.flatMap((name) => {
    const value = fill(utm[name], ids);
    const key = `utm_${name}`;
    return value === undefined || present.has(key) ? [] : [`${key}=${encodeURIComponent(value)}`];
  });
  if (added.length === 0) return url;
  const hash = url.indexOf('#');
  const [before, after] = hash < 0 ? [url, ''] : [url.slice(0, hash), url.slice(hash)];
  const joint = before.includes('?') ? (/[?&]$/.test(before) ? '' : '&') : '?';
  return before + joint + added.join('&') + after;
}

function isMeant(host: string, hosts: readonly string[] | undefined): boolean {
  return hosts === undefined || hosts.some((one) => host === one || host.endsWith(`.${one}`));
}

function fill(value: string | undefined, ids: UtmIds): string | undefined {
  if (value === undefined || (value.includes('{journey}') && ids.journey === undefined)) return undefined;
  return value.replaceAll('{journey}', ids.journey ?? '').replaceAll('{template}', ids.template);
}
