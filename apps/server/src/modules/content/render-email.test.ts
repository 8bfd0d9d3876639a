import { describe, expect, it } from 'vitest';
import { AppError } from '../../platform/errors.ts';
import type { JsonObject } from '../../platform/json.ts';
import { compileEmail, requireValidEmail } from './compile-email.ts';
import { type EmailLinks, renderEmail } from './render-email.ts';

const NOW = Date.UTC(2026, 10, 22, 9, 5);

function render(
  content: { subject?: string; html: string; text?: string; preheader?: string },
  variables: JsonObject = {},
  links: EmailLinks = {},
) {
  return renderEmail({
    version: { id: 'v', templateId: 't', number: 1, content: { subject: 's', ...content } },
    variables,
    links,
    now: NOW,
  });
}

function faultsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.details.map((detail) => `${detail.field}: ${detail.message}`);
    throw error;
  }
  return [];
}

describe('a template', () => {
  it('falls back where the customer has no value', () => {
    expect(render({ html: 'Hi {{ profile.firstName | default: "there" }}' }).html).toBe('Hi there');
    expect(
      render({ html: 'Hi {{ profile.firstName | default: "there" }}' }, { profile: { firstName: 'Ada' } }).html,
    ).toBe('Hi Ada');
  });

  it('shows money and dates as the shop means them, and nothing where there is none', () => {
    const html =
      '{{ total | money: "EUR" }}|{{ total | money: "EUR", "de" }}|{{ m | money }}|{{ none | money: "EUR" | default: "-" }}|{{ total | money: "nonsense" }}';
    expect(render({ html }, { total: 1234.5, m: { amountMinor: 1999, currency: 'JPY' } }).html).toBe(
      '€1,234.50|1.234,50\u00a0€|¥1,999|-|',
    );
    const dates =
      '{{ at | date: "%A %-d %B %Y %H:%M" }}|{{ at | date: "%H:%M", "Europe/Berlin" }}|{{ "now" | date: "%d.%m.%y" }}|{{ bad | date: "%Y" | default: "-" }}';
    expect(render({ html: dates }, { at: '2026-07-01T22:30:00Z', bad: 'soon' }).html).toBe(
      'Wednesday 1 July 2026 22:30|00:30|22.11.26|-',
    );
  });

  it('never lets a value out unescaped, by no filter and no tag', () => {
    const value = '<b onclick="x">\'&amp;';
    const escaped = '&lt;b onclick=&#34;x&#34;&gt;&#39;&amp;amp;';
    for (const html of [
      '{{ v }}',
      '{{ v | escape }}',
      '{{ v | upcase | downcase }}',
      '{{ none | default: v }}',
      '{% assign w = v %}{{ w }}',
      '{% for w in l %}{{ w }}{% endfor %}',
      '{{ l }}',
      '{{ l | join: "" }}',
      '{{ "" | append: v }}',
    ]) {
      expect(render({ html }, { v: value, l: [value] }).html, html).toBe(escaped);
    }
    expect(render({ html: 'x', preheader: '{{ v }}' }, { v: value }).html).toContain(escaped);
    expect(render({ html: 'x', subject: '{{ v }}', text: '{{ v }}' }, { v: value })).toMatchObject({
      subject: value,
      text: value,
    });
  });

  it('cannot grow a header out of its subject', () => {
    expect(render({ html: 'x', subject: 'Hi {{ v }}!' }, { v: 'Ada\r\nBcc: eve@example.com\u2028' }).subject).toBe(
      'Hi Ada Bcc: eve@example.com !',
    );
  });

  it('sees only what it was given, not what JavaScript adds', () => {
    expect(
      render(
        { html: '{{ profile.constructor }}{{ profile.__proto__ }}{{ constructor }}{{ l.constructor }}' },
        { profile: {}, l: [] },
      ).html,
    ).toBe('');
  });

  it('is refused at once with part, line and remedy', () => {
    const faults = (content: { html: string; subject?: string; preheader?: string }) =>
      faultsOf(() => requireValidEmail({ subject: 's', ...content }));
    expect(faults({ html: 'a\nb {{ x | shout }}' })).toEqual([
      expect.stringMatching(/^html: line 2: undefined filter: shout; use one of .*upcase/),
    ]);
    expect(faults({ html: '{{ x | raw }}' })).toEqual([
      expect.stringMatching(/^html: line 1: .*values are always escaped/),
    ]);
    expect(faults({ html: '\n\n{% include "/etc/passwd" %}' })).toEqual([
      expect.stringMatching(/^html: line 3: tag "include" not found; use one of the tags assign/),
    ]);
    expect(faults({ html: '{% if x %}', subject: '{{ x', preheader: '{{ x | y }}' })).toHaveLength(3);
    expect(faults({ html: 'ok\n<a href={{ url }}>x</a>' })).toEqual([
      expect.stringMatching(/^html: line 2: .*needs quotes/),
    ]);
    expect(faults({ html: '<p>\n<script>1</script>' })).toEqual([expect.stringMatching(/^html: line 2: .*scripts/)]);
    expect(faults({ html: '<a class="x" href="{{ url }}">{{ a }}</a>{% if a == b %}{% endif %}' })).toEqual([]);
  });

  it('is stopped when it would not end, or grow without bound', () => {
    for (const html of [
      '{% for i in (1..100000000) %}x{% endfor %}',
      '{% for a in (1..1400) %}{% for b in (1..1400) %}{% for c in (1..1400) %}{{ c }}{% endfor %}{% endfor %}{% endfor %}',
    ]) {
      expect(faultsOf(() => render({ html }))).toEqual([
        expect.stringMatching(/^html: line 1: .*limit exceeded; make the template smaller/),
      ]);
    }
    expect(faultsOf(() => compileEmail({ subject: 's', html: 'x'.repeat(200_001) }))).toEqual([
      expect.stringContaining('limit exceeded'),
    ]);
  });
});

describe('a rendered mail', () => {
  const links: EmailLinks = {
    unsubscribeUrl: 'https://m.example/p/u/1.a.b',
    trackUrl: (url) => `T(${url})`,
    openPixelUrl: 'https://m.example/t/o/x.gif',
  };

  it('tracks web links and leaves every other one alone', () => {
    const html = `<a href="https://shop.example/?a=1&amp;b={{ v }}">1</a><a class='c' HREF='http://shop.example/x'>2</a><a href=https://shop.example/y>3</a>
<a href="mailto:a@b.example">4</a><a href="tel:+49">5</a><a href="#top">6</a><a href="{{ unsubscribe_url }}">7</a><a name="x">8</a><img src="https://shop.example/i.png"><abbr href="https://no.example">9</abbr>`;
    expect(render({ html }, { v: '"&' }, links).html).toBe(
      `<a href="T(https://shop.example/?a=1&amp;b=&#34;&amp;)">1</a><a class='c' HREF="T(http://shop.example/x)">2</a><a href="T(https://shop.example/y)">3</a>
<a href="mailto:a@b.example">4</a><a href="tel:+49">5</a><a href="#top">6</a><a href="https://m.example/p/u/1.a.b">7</a><a name="x">8</a><img src="https://shop.example/i.png"><abbr href="https://no.example">9</abbr><img src="https://m.example/t/o/x.gif" width="1" height="1" alt="" style="display:block;border:0">`,
    );
  });

  it('takes the sting out of a link that would run what a value holds', () => {
    for (const value of ['javascript:alert(1)', ' JavaScript:x', 'java\nscript:x', 'data:text/html,x', 'vbscript:x']) {
      expect(render({ html: '<a href="{{ v }}">x</a>' }, { v: value }).html).toBe('<a href="#">x</a>');
    }
  });

  it('puts preheader and pixel inside the body', () => {
    const html = render(
      { html: '<html><body class="a>b"><p>x</p></body></html>', preheader: 'Soon gone' },
      {},
      links,
    ).html;
    expect(html).toMatch(
      /^<html><body class="a>b"><div style="display:none[^>]*>Soon gone(&#847;&zwnj;&nbsp;){100}<\/div><p>x<\/p><img [^>]*><\/body><\/html>$/,
    );
  });

  it('has a text part to read aloud when none was written', () => {
    const html = `<html><head><style>p{}</style><title>t</title></head><body><!-- no --><h1>Hi &amp; hello</h1><p>Your  cart,<br>{{ v }}</p>
<ul><li>Mug</li><li>Tea &euro;3</li></ul><p><a href="https://shop.example/cart?a=1&amp;b=2">To the <b>cart</b></a> <a href="mailto:a@b.example">a@b.example</a></p></body></html>`;
    expect(render({ html }, { v: '<Ada>' }, links).text).toBe(
      'Hi & hello\n\nYour cart,\n<Ada>\n\n- Mug\n- Tea €3\n\nTo the cart (https://shop.example/cart?a=1&b=2) a@b.example',
    );
  });
});
