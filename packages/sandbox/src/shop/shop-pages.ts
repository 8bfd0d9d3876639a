import { escapeHtml } from '../mail/mail-document.ts';
import { file, type Answerer } from '../web/reply.ts';
import { CURRENCY, PRODUCTS, SHOP_NAME, type Category, type Product } from './catalogue.data.ts';
import { amount, findProduct } from './product-properties.ts';
import shopStyle from '../page/shop.css?raw';

/** The pages behind the links of the shop's mails, and the pictures of its products. */
export function shopPages(): Answerer {
  return ({ method, url }) => {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    if (url.pathname === '/page/shop.css') return file('text/css', shopStyle);
    if (!url.pathname.startsWith('/shop/')) return undefined;
    const [, id, picture] = /^\/shop\/products\/([\w-]+)(\.svg)?$/.exec(url.pathname) ?? [];
    if (id === undefined) return file('text/html', shopPage(null));
    const product = findProduct(id);
    if (product === undefined) return undefined;
    return picture === undefined ? file('text/html', shopPage(product)) : file('image/svg+xml', drawProduct(product));
  };
}

function price(product: Product): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency: CURRENCY }).format(amount(product.priceMinor));
}

function shopPage(product: Product | null): string {
  const title = product === null ? SHOP_NAME : `${product.name} · ${SHOP_NAME}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page/shop.css"></head>
<body><header><a href="/shop/">${escapeHtml(SHOP_NAME)}</a></header>
<main>${product === null ? '' : productSection(product)}
<h2>${product === null ? 'Everything in the shop' : 'More from the shop'}</h2>
<ul>${PRODUCTS.filter((other) => other !== product && (product === null || other.category === product.category))
    .map(card)
    .join('')}</ul></main>
<footer>A pretend shop: its shoppers are made up, and nothing can be bought.</footer></body></html>`;
}

function productSection(product: Product): string {
  return `<article><img src="/shop/products/${product.id}.svg" width="360" height="360" alt="">
<div><h1>${escapeHtml(product.name)}</h1><p>${escapeHtml(product.variant)}</p><p class="price">${price(product)}</p></div></article>`;
}

function card(product: Product): string {
  return `<li><a href="/shop/products/${product.id}"><img src="/shop/products/${product.id}.svg" width="160" height="160" alt="">
<span>${escapeHtml(product.name)}</span><span class="price">${price(product)}</span></a></li>`;
}

const GROUNDS: Readonly<Record<Category, readonly [ground: string, body: string, shade: string]>> = {
  Kitchen: ['#e9efe9', '#7d9a86', '#5f7c69'],
  Table: ['#f1ece3', '#c2a47c', '#a0825b'],
  Bedroom: ['#e8ebf3', '#7485b0', '#55668f'],
  Bath: ['#e6f0f1', '#74a5ab', '#55858b'],
  Garden: ['#edf1e2', '#93a860', '#748845'],
  Desk: ['#f0ebe8', '#a58679', '#84675b'],
  Light: ['#f8efdc', '#e0ae52', '#c08e35'],
};

/** A quiet picture of the product's kind; no two products of one category look quite the same. */
export function drawProduct(product: Product): string {
  const [ground, body, shade] = GROUNDS[product.category];
  const turn = (Number(product.id.slice(-2)) * 37) % 60;
  const shapes: Readonly<Record<Category, string>> = {
    Kitchen: `<path d="M80 190h240a120 ${90 + turn / 2} 0 0 1-240 0z" fill="${body}"/><rect x="70" y="176" width="260" height="22" rx="11" fill="${shade}"/>`,
    Table: `<rect x="120" y="130" width="140" height="${150 + turn / 2}" rx="24" fill="${body}"/><path d="M260 165h22a34 34 0 0 1 0 68h-22v-22h20a12 12 0 0 0 0-24h-20z" fill="${shade}"/>`,
    Bedroom: `<rect x="90" y="${110 + turn / 2}" width="220" height="170" rx="34" fill="${body}"/><path d="M90 ${200 + turn / 2}q110 44 220 0v46q-110 44-220 0z" fill="${shade}"/>`,
    Bath: `<rect x="110" y="110" width="180" height="190" rx="14" fill="${body}"/><rect x="110" y="${170 + turn}" width="180" height="20" fill="${shade}"/>`,
    Garden: `<path d="M120 190h160l-22 120H142z" fill="${shade}"/><path d="M200 190c-${50 + turn / 2}-30-60-80-20-110 10 40 30 50 20 110zm0 0c${40 + turn / 2}-30 60-70 30-100-16 40-34 50-30 100z" fill="${body}"/>`,
    Desk: `<rect x="100" y="120" width="200" height="${150 + turn / 2}" rx="10" fill="${body}"/><rect x="100" y="120" width="34" height="${150 + turn / 2}" rx="10" fill="${shade}"/>`,
    Light: `<path d="M150 110h100l${30 + turn / 3} 90H${120 - turn / 3}z" fill="${body}"/><rect x="192" y="200" width="16" height="90" fill="${shade}"/><rect x="150" y="286" width="100" height="16" rx="8" fill="${shade}"/>`,
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400"><rect width="400" height="400" fill="${ground}"/><ellipse cx="200" cy="318" rx="120" ry="12" fill="${shade}" opacity=".18"/>${shapes[product.category]}</svg>`;
}
