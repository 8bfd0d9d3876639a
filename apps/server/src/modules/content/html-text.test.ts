import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToText } from './html-text.ts';

describe('the text part', () => {
  it('reads headings, paragraphs and nested lists as they stand', () => {
    const html = `<h1>Your order</h1><p>Hello
 Ada,</p><h2>What comes</h2><ul><li>Mug<ol><li>blue</li><li>small</li></ol></li><li><p>Tea</p></li></ul><p>Soon.</p>`;
    expect(htmlToText(html)).toBe(
      'Your order\n\nHello Ada,\n\nWhat comes\n\n- Mug\n\n  1. blue\n  2. small\n\n- Tea\n\nSoon.',
    );
  });

  it('keeps a row of data on one line, and lays out what is only layout', () => {
    const data = '<table><tr><th>Item</th><th>Price</th></tr><tr><td>Mug</td><td>€12</td></tr></table>';
    expect(htmlToText(`<p>Bill</p>${data}<p>Thanks</p>`)).toBe('Bill\n\nItem | Price\nMug | €12\n\nThanks');
    const layout =
      '<table role="presentation"><tr><td><img alt="Mug" src="m"></td><td>Blue mug</td></tr><tr><td>&euro;12</td></tr></table>';
    expect(htmlToText(layout)).toBe('Mug Blue mug\n€12');
  });

  it('says where a link leads once, and nothing of a link to nowhere', () => {
    expect(htmlToText('<a href="https://shop.example/?a=1&amp;b=2">To the <b>shop</b></a>')).toBe(
      'To the shop (https://shop.example/?a=1&b=2)',
    );
    expect(
      htmlToText(
        '<a href="https://shop.example/">https://shop.example/</a> <a href="mailto:a@b.example">a@b.example</a>',
      ),
    ).toBe('https://shop.example/ a@b.example');
    expect(htmlToText('<a href="#top">Up</a> <a href="https://shop.example/x"><img alt="The shop" src="i"></a>')).toBe(
      'Up The shop (https://shop.example/x)',
    );
    expect(htmlToText('<a href="https://shop.example/y"><img src="i"></a>')).toBe('https://shop.example/y');
  });

  it('says nothing that does not show', () => {
    const html = `<!doctype html><head><title>t</title><style>p{}</style></head><body><!--[if mso]><p>Outlook</p><![endif]-->
<div style="display:none;max-height:0">secret<div>more</div></div><div style="color:red">shown</div><script>x()</script><p>a&#847;&zwnj;&nbsp;b</p>`;
    expect(htmlToText(html)).toBe('shown\n\na b');
  });

  it('takes any markup in one pass', () => {
    for (const piece of [
      '<a href="',
      '<a ',
      '<',
      '<td',
      '<!--',
      '<div style="display:none">',
      '<li>',
      '<table><tr><td>',
    ])
      expect(typeof htmlToText(piece.repeat(20_000))).toBe('string');
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '<a href="https://x.example">',
            '</a>',
            '<ul>',
            '</ul>',
            '<li>',
            '<td>',
            '<table>',
            '</table>',
            '<p>',
            'a',
            ' ',
            '<',
            '>',
            '&',
            '"',
          ),
        ),
        (parts) => {
          const text = htmlToText(parts.join(''));
          expect(text).toBe(text.trim());
          expect(text).not.toMatch(/\n{3}/);
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });
});
