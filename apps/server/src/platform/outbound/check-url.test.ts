import { describe, expect, it } from 'vitest';
import { createAddressRules } from './address-rules.ts';
import { checkUrl } from './check-url.ts';

const strict = createAddressRules();
const local = createAddressRules(['127.0.0.0/8', '::1']);
const isOk = (url: string, rules = strict) => checkUrl(url, rules).kind === 'ok';

describe('without an allow-list', () => {
  it.each([
    'https://shop.example/hooks',
    'https://shop.example:8443/hooks?a=b',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]/x',
    'https://shop.example./',
    'https://xn--bcher-kva.example/',
  ])('%s may be called', (url) => expect(isOk(url)).toBe(true));

  it.each([
    ['not encrypted', 'http://shop.example/'],
    ['another scheme', 'ftp://shop.example/'],
    ['a file', 'file:///etc/passwd'],
    ['inline data', 'data:text/plain,x'],
    ['gopher', 'gopher://127.0.0.1:6379/_x'],
    ['no URL', 'shop.example/hooks'],
    ['no URL', ''],
    ['credentials', 'https://user:word@shop.example/'],
    ['a user name', 'https://user@shop.example/'],
    ['a host that looks like another', 'https://shop.example@127.0.0.1/'],
    ['a fragment', 'https://shop.example/#x'],
    ['this machine', 'https://127.0.0.1/'],
    ['this machine by name', 'https://localhost/'],
    ['this machine by name and dot', 'https://localhost./'],
    ['this machine by a name below', 'https://a.localhost/'],
    ['this machine in IPv6', 'https://[::1]/'],
    ['this machine, mapped', 'https://[::ffff:127.0.0.1]/'],
    ['this machine as one number', 'https://2130706433/'],
    ['this machine in octal', 'https://0177.0.0.1/'],
    ['this machine in hexadecimal', 'https://0x7f.1/'],
    ['this machine, shortened', 'https://127.1/'],
    ['this machine in full-width digits', 'https://１２７.０.０.１/'],
    ['a public address as one number', 'https://134744072/'],
    ['metadata', 'https://169.254.169.254/latest/meta-data'],
    ['a space', 'https://shop.example/a b'],
    ['a line end', 'https://shop.example/\r\nHost: x'],
    ['a tab in the host', 'https://shop\t.example/'],
    ['a backslash', 'https://shop.example\\@127.0.0.1/'],
    ['a low port', 'https://shop.example:22/'],
    ['plain http in disguise', 'https://shop.example:80/'],
    ['a database', 'https://shop.example:5432/'],
    ['a cache', 'https://shop.example:6379/'],
    ['length', `https://shop.example/${'x'.repeat(2_000)}`],
  ])('%s is refused: %s', (_what, url) => expect(isOk(url)).toBe(false));
});

describe('where loopback is allowed', () => {
  it('plain http goes to this machine', () => {
    expect(
      ['http://127.0.0.1:4000/', 'http://localhost:4000/', 'http://[::1]:4000/', 'https://127.0.0.1:4000/'].every(
        (url) => isOk(url, local),
      ),
    ).toBe(true);
  });

  it('plain http goes nowhere else, and odd spellings stay refused', () => {
    const refused = [
      'http://shop.example/',
      'http://93.184.216.34/',
      'http://2130706433/',
      'http://127.1:4000/',
      'https://10.0.0.1/',
    ];
    expect(refused.filter((url) => isOk(url, local))).toEqual([]);
    expect(isOk('http://10.0.0.1:4000/', createAddressRules(['10.0.0.0/8']))).toBe(false);
    expect(isOk('https://10.0.0.1:4000/', createAddressRules(['10.0.0.0/8']))).toBe(true);
  });
});
