import { describe, expect, it } from 'vitest';
import { classifyVisit, isBurst, type Visit } from './classify-visit.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const HOUR_MS = 3_600_000;

function judge(given: Partial<Visit>) {
  const verdict = classifyVisit({
    kind: 'open',
    method: 'GET',
    userAgent: CHROME,
    purposes: [],
    sinceMadeMs: HOUR_MS,
    ...given,
  });
  return verdict.kind === 'machine' ? verdict.reason : verdict.kind;
}

describe('an open', () => {
  it('is a person’s in a mail program, a browser, and behind the image proxies of Gmail and Yahoo', () => {
    for (const userAgent of [
      CHROME,
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
      'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
      'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
      'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)',
      'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0',
      'Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
    ])
      expect(judge({ userAgent }), userAgent).toBe('person');
  });

  it('is a machine’s when images are loaded before anybody reads', () => {
    expect(judge({ userAgent: 'Mozilla/5.0' })).toBe('apple_privacy');
    const gmail =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0';
    expect(judge({ userAgent: gmail })).toBe('gmail_prefetch');
    expect(judge({ sinceMadeMs: 900 })).toBe('too_soon');
    expect(judge({ sinceMadeMs: 2_000 })).toBe('person');
    expect(judge({ sinceMadeMs: undefined })).toBe('person');
  });

  it('is a machine’s when the request says it is made ahead of use, or asks for no content', () => {
    for (const purpose of ['prefetch', 'prefetch;prerender', 'prefetch;anonymous-client-ip', 'preview', 'instant'])
      expect(judge({ purposes: [purpose] }), purpose).toBe('prefetch');
    expect(judge({ method: 'HEAD' })).toBe('head');
  });
});

describe('a click', () => {
  it('is a machine’s when a scanner or a program says its name, or none', () => {
    for (const userAgent of [
      undefined,
      ' ',
      'Mozilla/5.0',
      'Barracuda Sentinel (EE)',
      'Mozilla/5.0 (compatible; Mimecast URL Protect)',
      'ProofPoint/1.0',
      'python-requests/2.32.3',
      'Go-http-client/2.0',
      'curl/8.5.0',
      'Java/17.0.2',
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
      'HubSpot Connect 2.0 (http://dev.hubspot.com/)',
      'Mozilla/5.0 (Windows NT 10.0) HeadlessChrome/120.0.0.0 Safari/537.36',
      'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
      'WhatsApp/2.23.20.0',
    ])
      expect(judge({ kind: 'click', userAgent }), userAgent).toBe('scanner');
  });

  it('waits for what follows while gateways scan, and is a person’s after that', () => {
    expect(judge({ kind: 'click', sinceMadeMs: 1_999 })).toBe('too_soon');
    expect(judge({ kind: 'click', sinceMadeMs: 2_000 })).toBe('unsure');
    expect(judge({ kind: 'click', sinceMadeMs: 599_999 })).toBe('unsure');
    expect(judge({ kind: 'click', sinceMadeMs: 600_000 })).toBe('person');
  });
});

describe('many links at once', () => {
  const visit = (link: string, at: number) => ({ link, at });
  it('are a machine’s: two within a second, or three within three; never one link, however often', () => {
    expect(isBurst(visit('a', 0), [visit('a', 0), visit('b', 999)])).toBe(true);
    expect(isBurst(visit('a', 0), [visit('b', 1_000)])).toBe(false);
    expect(isBurst(visit('a', 3_000), [visit('b', 1_900), visit('c', 500)])).toBe(true);
    expect(isBurst(visit('a', 3_000), [visit('b', 1_900), visit('c', 0)])).toBe(false);
    expect(isBurst(visit('a', 0), [visit('a', 1), visit('a', 2), visit('a', 3)])).toBe(false);
  });

  it('judge each other alike, whoever came first', () => {
    const visits = [visit('a', 0), visit('b', 400), visit('c', 5_000)];
    expect(visits.map((one) => isBurst(one, visits))).toEqual([true, true, false]);
  });
});
