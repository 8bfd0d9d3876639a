import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPath } from './read-path.ts';

describe('the paths of the tracking API', () => {
  it.each([
    ['/v1/identify', 'identify', false],
    ['/v1/track', 'track', false],
    ['/v1/page', 'page', false],
    ['/v1/screen', 'screen', false],
    ['/v1/group', 'group', false],
    ['/v1/alias', 'alias', false],
    ['/v1/t', 'track', true],
    ['/v1/i', 'identify', true],
    ['/v1/p', 'page', true],
    ['/v1/s', 'screen', true],
    ['/v1/g', 'group', true],
    ['/v1/a', 'alias', true],
    ['/v1/v1/track', 'track', false],
    ['/v1/batch/t', 'track', true],
    ['//v1///track//?x=1', 'track', false],
    ['/v1/track/', 'track', false],
    ['/v1/%74rack', 'track', false],
    ['/v1/merge', 'merge', false],
  ])('POST %s is one %s', (url, type, isBrowser) => {
    expect(readPath('POST', url)).toEqual({ kind: 'event', type, isBrowser });
  });

  it.each([
    '/v1/batch',
    '/v1/b',
    '/v1/import',
    '/batch',
    '/b',
    '/batch/b',
    '/v1/batch/b',
    '/v1/b/batch',
    '/v1/v1/batch',
    '/v1//batch',
    '//batch/',
    '/v1/batch/batch',
    '/v1/batch?writeKey=k',
  ])('POST %s is a batch', (url) => {
    expect(readPath('POST', url)).toEqual({ kind: 'batch', isBrowser: false });
  });

  it.each([
    ['POST', '/beacon/v1/batch?writeKey=k', { kind: 'batch', isBrowser: true }],
    ['POST', '/v1/m', { kind: 'metrics' }],
    ['POST', '/v1/batch/m', { kind: 'metrics' }],
    ['GET', '/v1/pixel/track?data=e30', { kind: 'pixel', type: 'track' }],
    ['GET', '/v1/pixel/page', { kind: 'pixel', type: 'page' }],
    ['GET', '/pixel/v1/track?event=Opened', { kind: 'pixel', type: 'track' }],
    ['HEAD', '/pixel/v1/page', { kind: 'pixel', type: 'page' }],
    ['GET', '/v1/projects/wk_1/settings', { kind: 'settings', writeKey: 'wk_1' }],
    ['GET', '/v1/projects/projects/wk_1/settings', { kind: 'settings', writeKey: 'wk_1' }],
    ['GET', '//v1//v1/projects/wk_1/settings/', { kind: 'settings', writeKey: 'wk_1' }],
    ['GET', '/v1/projects/a%2Fb/settings', { kind: 'settings', writeKey: 'a/b' }],
    ['GET', '/sourceConfig/?p=npm&writeKey=k', { kind: 'sourceConfig' }],
    ['GET', '/sourceConfig', { kind: 'sourceConfig' }],
  ])('%s %s is understood', (method, url, call) => {
    expect(readPath(method, url)).toEqual(call);
  });

  it.each([
    ['POST', '/v1'],
    ['POST', '/v1/'],
    ['POST', '/v1/purchase'],
    ['POST', '/api/v1/track'],
    ['POST', '/v1/track/1'],
    ['POST', '/v1/constructor'],
    ['GET', '/v1/track'],
    ['GET', '/v1/batch'],
    ['GET', '/v1/pixel/batch'],
    ['GET', '/v1/pixel/merge'],
    ['GET', '/v1/projects/settings'],
    ['GET', '/v1/projects/a/b/settings'],
    ['GET', '/projects/a/settings'],
    ['GET', '/x/sourceConfig'],
    ['POST', '/v1/projects/a/settings'],
  ])('%s %s is not of it', (method, url) => {
    expect(readPath(method, url)).toBeUndefined();
  });

  it('are found however often their slashes and words are doubled, and nothing else is understood or breaks', () => {
    const word = fc.constantFrom(
      'v1',
      'batch',
      'b',
      'track',
      't',
      'pixel',
      'projects',
      'settings',
      'm',
      '%',
      '%zz',
      'x',
      '',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.constantFrom('GET', 'POST'), (words, method) => {
        const plain = readPath(method, `/${words.join('/')}`);
        const doubled = readPath(method, `//${words.flatMap((one) => [one, one]).join('//')}/?q=/v1/t`);
        expect(doubled).toEqual(plain);
      }),
    );
    fc.assert(fc.property(fc.string(), (url) => void readPath('POST', `/${url}`)));
  });
});
