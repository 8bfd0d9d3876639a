import type { Brand } from '@segue/contract';
import { escapeHtml } from '../../platform/html.ts';

/** As dark as the text on white has to be for WCAG 2.2 AA: 4.5 to 1. */
const INK = '#1c1b19';

function styleOf(color: string): string {
  return `:root{color-scheme:light dark;--ink:${INK};--quiet:#5c5a55;--ground:#f6f5f2;--sheet:#fff;--line:#8a877f;--rule:#e2dfd8;--brand:${color};--on-brand:${readableOn(color)}}
@media(prefers-color-scheme:dark){:root{--ink:#f3f1ec;--quiet:#b8b4ab;--ground:#161513;--sheet:#21201d;--line:#7d7a73;--rule:#3a3833}}
*{box-sizing:border-box}body{margin:0;overflow-wrap:anywhere;font:1rem/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--ground)}
main{max-width:36rem;margin:0 auto;padding:1.5rem 1rem 3rem}header{display:flex;align-items:center;gap:.75rem;padding:.25rem 0 1.25rem;font-weight:600}
header img{max-height:2.5rem;max-width:12rem}header .mark{width:.875rem;height:.875rem;border-radius:50%;background:var(--brand);flex:none}
.sheet{background:var(--sheet);border-radius:.875rem;padding:1.5rem;box-shadow:0 1px 3px rgb(0 0 0/.12);margin-bottom:1rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}h2{font-size:1.0625rem;margin:0 0 .5rem}p{margin:0 0 1rem}.quiet{color:var(--quiet);font-size:.9375rem}
fieldset{min-width:0;border:0;margin:0 0 1rem;padding:0}legend{padding:0;margin-bottom:.5rem;color:var(--quiet)}
fieldset fieldset,.group{border-top:1px solid var(--rule);padding:1rem 0 .5rem;margin:0}.group{margin-bottom:1rem}fieldset p{margin:0}fieldset fieldset legend,.group legend{float:left;width:100%;font-weight:600;color:var(--ink);margin:0}
fieldset fieldset legend+*,.group legend+*{clear:both}.choices{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem}
label{display:inline-flex;align-items:center;gap:.625rem;min-height:2.75rem;cursor:pointer}input{flex:none;width:1.375rem;height:1.375rem;margin:0;accent-color:var(--brand)}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.625rem 1.25rem;border-radius:.625rem;border:1px solid var(--brand);background:var(--brand);color:var(--on-brand);cursor:pointer}
button.plain{background:transparent;color:var(--ink);border-color:var(--line)}:focus-visible{outline:3px solid #2f7bf0;outline-offset:2px}
.done{border-left:.25rem solid #2b8a4b;padding:.625rem 1rem;margin-bottom:1.25rem;background:rgb(43 138 75/.12);border-radius:.25rem}
form{margin:0}form+form{margin-top:1rem}@media(prefers-color-scheme:dark){button{border-color:var(--line)}}.done:focus{outline:none}@media(max-width:30rem){.sheet{padding:1.25rem}button{width:100%}}`;
}

/** Black or white, whichever is easier to read on it: relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance. */
export function readableOn(color: string): '#000000' | '#ffffff' {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? '#000000' : '#ffffff';
}

/** A page for customers: plain HTML without script, so that it works in every browser and with a screen reader. `body` is HTML. */
export function publicPage(page: {
  readonly language: string;
  readonly title: string;
  readonly brand: Brand;
  readonly body: string;
}): string {
  const { brand } = page;
  const name = escapeHtml(brand.name);
  const mark =
    brand.logoUrl === null
      ? `<span class="mark" aria-hidden="true"></span><span>${name}</span>`
      : `<img src="${escapeHtml(brand.logoUrl)}" alt="${name}">`;
  const title = escapeHtml(page.title);
  return `<!doctype html><html lang="${escapeHtml(page.language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${title}${name === '' ? '' : ` · ${name}`}</title><style>${styleOf(brand.color ?? INK_BUTTON)}</style></head>
<body><main>${name === '' && brand.logoUrl === null ? '' : `<header>${mark}</header>`}${page.body}</main></body></html>`;
}

/**
 * What just happened. A status that is there when a page opens is read by no screen reader, so the page begins at it: it takes
 * the focus, and its words begin the title.
 */
export function doneNote(text: string): string {
  return `<p class="done" role="status" tabindex="-1" autofocus>${escapeHtml(text)}</p>`;
}

/** Without a colour of the brand: readable on light and dark sheets alike. */
const INK_BUTTON = '#2f5d8c';
