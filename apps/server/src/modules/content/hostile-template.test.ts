import { describe, expect, it } from 'vitest';
import type { AppError } from '../../platform/errors.ts';
import { compileMjml } from './compile-mjml.ts';
import { findWarnings } from './email-warnings.ts';
import { compileEmail } from './compile-email.ts';
import { htmlToText } from './html-text.ts';
import { findMarkupFaults } from './markup-faults.ts';
import { rewriteLinks } from './rewrite-links.ts';

describe('markup', () => {
  it('lets no value out of its place in a tag, however Liquid and quotes are mixed', () => {
    const cases: [string, RegExp][] = [
      ['<div {{ x }}>', /needs quotes/],
      ['<{{ x }}>', /needs quotes/],
      ['<b{{ x }}>', /needs quotes/],
      ['<a href=https://shop.example/{{ x }}>', /needs quotes/],
      ['<a {% if a %}href={{ x }}{% endif %}>', /needs quotes/],
      ['<a title="a > b" {{ x }}>', /needs quotes/],
      ["<!-- it's --><a title='x' {{ x }}>", /needs quotes/],
      ['<!--[if mso]><a href={{ x }}><![endif]-->', /needs quotes/],
      ['<p style="{% if a == "b" %}color:{{ x }}{% endif %}">', /part of a style/],
      ["<p style='{{ x }}'>", /part of a style/],
      ['<style>{% if a == "b" %}p{color:{{ x }}}{% endif %}</style>', /part of a style/],
      ['<p {% if a == "b" %}onclick="go()"{% endif %}>', /event handlers/],
      ['<p\nonclick = go>', /event handlers/],
      ['<SCRIPT>', /scripts/],
    ];
    for (const [html, expected] of cases)
      expect(
        findMarkupFaults(html)
          .map(({ message }) => message)
          .join('\n'),
        html,
      ).toMatch(expected);
    const fine = [
      '<a href="{{ x }}" title=\'{{ y }}\'>{{ z }}</a>',
      '<p {% if a == "b" %}class="wide"{% endif %} style="{% if a %}color:red{% endif %}">{{ x }}</p>',
      '<!-- <div {{ x }}> -->',
      '{% if a < b and c > d %}{{ x }}{% endif %} 1 < 2 {{ x }}',
      '<style>@media x{p{color:red}}</style>{{ x }}',
    ];
    for (const html of fine) expect(findMarkupFaults(html), html).toEqual([]);
  });

  it('is read in time that grows with its length, whatever it holds', () => {
    const length = 100_000;
    const pieces = [
      '<style ',
      '<style>',
      `<a ">"'`,
      '<a =',
      ' ',
      ' /',
      '<',
      '<!--',
      '{{ x }}',
      '<a style="',
      '<img ">"\'',
    ];
    const compiled = compileEmail({ subject: 's', html: 'x' });
    const started = performance.now();
    for (const piece of pieces) {
      const html = `<a${piece.repeat(length / piece.length)}`;
      findMarkupFaults(html);
      rewriteLinks(html, (url) => `${url}x`);
      htmlToText(html);
      findWarnings({ compiled, html, hasPreheader: true, missing: [] });
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 20_000);
});

describe('MJML that would cost minutes to compile', () => {
  const compile = async (css: string, body: string) => {
    const style = `<mj-style inline="inline">${css}</mj-style>`;
    const source = `<mjml><mj-head>${style}</mj-head><mj-body><mj-section><mj-column><mj-text>${body}</mj-text></mj-column></mj-section></mj-body></mjml>`;
    try {
      return (await compileMjml(source)).html;
    } catch (error) {
      return (error as AppError).details.map((detail) => detail.message).join('\n');
    }
  };

  it('is refused, and ordinary inline styles are not', async () => {
    expect(await compile('b{color:red}'.repeat(2_000), '<b>x</b>'.repeat(4_000))).toMatch(
      /^line 1: .*too long for so many/,
    );
    expect(await compile('b~b~b~b~b~i{color:red}', '<b>x</b>'.repeat(300))).toMatch(/cannot select by "~"/);
    expect(await compile('b:not(i){color:red}', '<b>x</b>')).toMatch(/cannot select by/);
    expect(await compile('b{color:red}', '<b>x</b>')).toContain('<b style="color: red;">x</b>');
  });
});
