import { describe, expect, it } from 'vitest';
import { AppError } from '../../platform/errors.ts';
import type { JsonObject } from '../../platform/json.ts';
import { compileMjml } from './compile-mjml.ts';
import { renderEmail } from './render-email.ts';
import { toVersionContent } from './to-version-content.ts';

const column = (inner: string) => `<mj-section><mj-column>${inner}</mj-column></mj-section>`;
const mail = (body: string, head = '') =>
  `<mjml lang="en">\n<mj-head>${head}</mj-head>\n<mj-body>\n${body}\n</mj-body>\n</mjml>`;

async function render(mjml: string, variables: JsonObject = {}) {
  const content = await toVersionContent({ subject: 's', mjml });
  return renderEmail({ version: { id: 'v', templateId: 't', number: 1, content }, variables, links: {}, now: 0 });
}

async function faultsOf(mjml: string): Promise<string[]> {
  try {
    await compileMjml(mjml);
    return [];
  } catch (error) {
    if (error instanceof AppError) return error.details.map(({ field, message }) => `${field}: ${message}`);
    throw error;
  }
}

describe('MJML', () => {
  it('becomes a mail whose Liquid still works: in text, attributes, links, and loops around sections and columns', async () => {
    const source = mail(`<mj-raw>{% for product in products %}</mj-raw>
<mj-section css-class="{{ product.tag }}"><mj-raw>{% if product.price > 1 %}</mj-raw>
<mj-column><mj-image src="{{ product.image }}" alt="{{ product.name | default: 'A thing' }}" width="100px" href="{{ product.url }}"/>
<mj-text>{{ product.name }} {{ product.price | money: "EUR" }}</mj-text></mj-column>
<mj-raw>{% endif %}</mj-raw></mj-section><mj-raw>{% endfor %}</mj-raw>
${column('<mj-button href="https://shop.example/?a=1&amp;c={{ code | url_encode }}">Go</mj-button>')}`);
    const { html } = await render(source, {
      code: 'a b',
      products: [
        { name: 'Mug', price: 12, image: 'https://shop.example/mug.png', url: 'https://shop.example/mug', tag: 'x' },
        { price: 3, image: 'i', url: 'u', tag: 'y' },
        { name: 'Cheap', price: 1, image: 'i', url: 'u', tag: 'z' },
      ],
    });
    expect(html).toContain('Mug €12.00');
    expect(html).toContain('alt="Mug"');
    expect(html).toContain('alt="A thing"');
    expect(html).toContain('href="https://shop.example/mug"');
    expect(html).toContain('href="https://shop.example/?a=1&amp;c=a+b"');
    expect(html).not.toContain('Cheap');
    expect(html.match(/mj-column-per-100 mj-outlook/g)).toHaveLength(3);
    expect(html).not.toMatch(/lqd\d|\{\{|\{%/);
  });

  it('never lets a value out of its place, wherever the compiler put it', async () => {
    const value = `"><img src=x onerror=alert(1)><!--[if mso]>'`;
    const source = mail(
      `<mj-section css-class="{{ v }}">
<mj-column><mj-text>{{ v }}</mj-text><mj-image src="{{ v }}" alt="{{ v }}" href="{{ v }}" title="{{ v }}" width="10px"/>
<mj-button href="{{ v }}">{{ v }}</mj-button><mj-table><tr><td title="{{ v }}">{{ v }}</td></tr></mj-table></mj-column></mj-section>`,
      '<mj-title>{{ v }}</mj-title><mj-preview>{{ v }}</mj-preview>',
    );
    const { html } = await render(source, { v: value });
    const plain = (await render(source, { v: 'x' })).html;
    expect(html).not.toContain('<img src=x');
    expect(html.match(/[<>]/g)).toEqual(plain.match(/[<>]/g));
    expect(html.match(/"/g)).toEqual(plain.match(/"/g));
  });

  it('keeps what Outlook and dark mode need, without its indentation', async () => {
    const { html } = await compileMjml(
      mail(
        column('<mj-text>Hi</mj-text>'),
        '<mj-style>@media (prefers-color-scheme: dark){.x{color:#fff!important}}</mj-style>',
      ),
    );
    expect(html).toContain('<!--[if mso | IE]>');
    expect(html).toContain('@media (prefers-color-scheme: dark){.x{color:#fff!important}}');
    expect(html).toContain('role="presentation"');
    expect(html).toMatch(/^<!doctype html>\n<html lang="en"/);
    expect(html).not.toMatch(/\n\s+\S/);
    expect((await compileMjml(mail(column('<mj-text><pre>a\n  b</pre></mj-text>')))).html).toContain('a\n  b');
  });

  it('gives its mj-preview to the preheader, so that a mailbox shows one', async () => {
    const compiled = await compileMjml(
      mail(column('<mj-text>Hi</mj-text>'), '<mj-preview>Only {{ n }} left</mj-preview>'),
    );
    expect(compiled.preview).toBe('Only {{ n }} left');
    expect(compiled.html).not.toContain('Only');
    const both = {
      subject: 's',
      mjml: mail(column('<mj-text>x</mj-text>'), '<mj-preview>A</mj-preview>'),
      preheader: 'B',
    };
    expect((await toVersionContent(both)).preheader).toBe('B');
  });

  it('is refused with line and remedy', async () => {
    const cases: [string, RegExp][] = [
      [mail(column('<mj-text>{{ x | shout }}</mj-text>')), /^mjml: line 4: undefined filter: shout; use one of/],
      [
        mail(column('<mj-button colour="red">x</mj-button>')),
        /^mjml: line 4: mj-button: Attribute colour is illegal; remove it/,
      ],
      [
        mail(column('<mj-text color="{{ c }}">x</mj-text>')),
        /^mjml: line 4: mj-text: .*\{\{ c \}\}.*must be a fixed one/,
      ],
      [
        mail(column('<mj-text font-family="{{ f }}">x</mj-text>')),
        /^mjml: line 4: \{\{ f \}\} would be part of a style/,
      ],
      [
        mail('<mj-section background-url="{{ u }}"></mj-section>'),
        /^mjml: line 4: \{\{ u \}\} would be part of a style/,
      ],
      [
        mail(column('<mj-text>x</mj-text>'), '<mj-style>.a{color:{{ c }}}</mj-style>'),
        /^mjml: line 2: \{\{ c \}\} would be part of a style/,
      ],
      [mail('<mj-text>x</mj-text>'), /^mjml: line 4: mj-text: mj-text cannot be used inside mj-body.*move it there/],
      [mail('<mj-blink/>'), /^mjml: line 4: mj-blink: .*doesn't exist.*use an element of MJML/],
      [
        mail('\n{% if x %}\n<mj-section/>{% endif %}'),
        /^mjml: line 5: \{% if x %\} would be lost here; write <mj-raw>\{% if x %\}<\/mj-raw>/,
      ],
      [
        mail('<mj-section>\n<mj-column></mj-section>'),
        /^mjml: line 5: <mj-column> is not closed before <\/mj-section> on line 5; close it/,
      ],
      [mail('<mj-section>'), /^mjml: line 4: <mj-section> is not closed before <\/mj-body>/],
      ['<mjml><mj-body></mj-body>', /^mjml: line 1: <mjml> is not closed/],
      ['<p>Hello</p>', /^mjml: line 1: .*wrap all of it into <mjml>/],
      ['<mjml></mjml>', /^mjml: Malformed MJML.*Give <mjml> one <mj-body>/],
      [mail(column('<mj-raw><script>1</script></mj-raw>')), /^mjml: line 4: mailboxes drop scripts/],
      [mail(column('<mj-text><a href={{ u }}>x</a></mj-text>')), /^mjml: line 4: .*needs quotes/],
      [
        mail(column('<mj-text padding="a lot">x</mj-text>')),
        /^mjml: line 4: mj-text: .*invalid value.*write a value of that type/,
      ],
      [
        mail('<mj-section>\n<mj-column>Hello</mj-column></mj-section>'),
        /^mjml: line 5: text inside <mj-column> is lost; put it into <mj-text>/,
      ],
      [mail('<mj-section title="'), /^mjml: line 4: <mj-section has no end/],
    ];
    for (const [source, expected] of cases) expect((await faultsOf(source))[0], source).toMatch(expected);
  });

  it('reads no file and stays within bounds', async () => {
    for (const path of ['./package.json', '/etc/hostname', 'file:///etc/hostname'])
      expect(await faultsOf(mail(`<mj-include path="${path}" type="html" />`))).toEqual([
        expect.stringMatching(/^mjml: line 4: mj-include reads files/),
      ]);
    expect(await faultsOf(mail(`<mj-section>${' '.repeat(100_001)}</mj-section>`))).toEqual([
      expect.stringContaining('longer than 100000'),
    ]);
    expect(await faultsOf(mail('<mj-section></mj-section>'.repeat(3_000)))).toEqual([
      expect.stringContaining('more than 3000 elements'),
    ]);
    expect(await faultsOf(mail('<mj-wrapper>'.repeat(30) + '</mj-wrapper>'.repeat(30)))).toEqual([
      expect.stringContaining('nested more than 20 deep'),
    ]);
    const { html } = await compileMjml(
      mail(column('<mj-text><!-- <mj-include path="/etc/hostname" /> -->x</mj-text>')),
    );
    expect(html).toContain('x');
  });

  it('takes time in proportion to its size, also when its markup is broken', async () => {
    for (const piece of ['<mj-text "', '<mj-text', '<!--', '{{', '{% raw %}{{', '</mj-section>'])
      expect((await faultsOf(mail(piece.repeat(9_000)))).length, piece).toBeGreaterThan(0);
  });
});
