import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../platform/json.ts';
import { escapeHtml } from '../../platform/html.ts';
import { decodeEntities } from './decode-entities.ts';
import { renderEmail } from './render-email.ts';
import { rewriteLinks } from './rewrite-links.ts';

/** Text made of what breaks out of HTML, Liquid, links and headers. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '&',
        '{{',
        '}}',
        '{%',
        '%}',
        '| raw',
        '</a>',
        '<script>',
        'javascript:',
        'https://',
        '\r\n',
        '=',
        '&lt;',
        '&#60;',
        '\\',
        '`',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const PIECES = [
  '{{ v }}',
  '{{ none | default: v }}',
  '{{ v | append: w }}',
  '{% assign x = v %}{{ x | upcase }}',
  '{{ l | join: w }}',
  '{{ l }}',
  '{{ o }}',
  '{{ v | truncate: 9, w }}',
  '{{ v | replace: "a", w }}',
  '{% capture c %}{{ v }}{% endcapture %}{{ c }}',
  '{{ v | strip_html }}',
  '{{ v | money: w }}{{ v | date: w }}',
];

function render(html: string, variables: JsonObject): string {
  return renderEmail({
    version: { id: 'v', templateId: 't', number: 1, content: { subject: 's', html } },
    variables,
    links: {},
    now: 0,
  }).html;
}

describe('a value in a template', () => {
  it('never lands unescaped, whatever it holds and whatever filters it goes through', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PIECES), hostile, hostile, (piece, v, w) => {
        const rendered = render(piece, { v, w, l: [v, [w]], o: { v, [w]: w } });
        expect(rendered).not.toMatch(/[<>"']/);
        expect(rendered.replace(/&(amp|lt|gt|#34|#39);/g, '')).not.toContain('&');
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('stays inside the attribute and the element it was put into', () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const rendered = render('<a href="https://shop.example/?q={{ v }}" title="{{ v }}">{{ v }}</a>', { v });
        expect(rendered.match(/[<>]/g)).toEqual(['<', '>', '<', '>']);
        expect(rendered.match(/"/g)).toHaveLength(4);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});

describe('a rewritten link', () => {
  it('hands over the address as it was meant, and changes nothing else', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), hostile, (url, text) => {
        const around = escapeHtml(text);
        const seen: string[] = [];
        const html = `${around}<a title="${around}" href="${escapeHtml(url)}">${around}</a>${around}`;
        const rewritten = rewriteLinks(html, (found) => {
          seen.push(found);
          return 'https://m.example/t';
        });
        expect(seen).toEqual([url]);
        expect(rewritten).toBe(html.replace(`href="${escapeHtml(url)}"`, () => 'href="https://m.example/t"'));
        expect(rewriteLinks(html, (found) => found)).toBe(html);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('takes time in proportion to the mail, also when its markup is broken', () => {
    for (const piece of ['<a href="', "<a '", '<a ', '<a href=', '<a x="y" ', '<area/']) {
      expect(rewriteLinks(piece.repeat(20_000), (url) => url)).toHaveLength(piece.length * 20_000);
    }
  });
});

describe('entities', () => {
  it('are read back as what was escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => decodeEntities(escapeHtml(text)) === text),
      { numRuns: propertyRuns(500) },
    );
  });
});
