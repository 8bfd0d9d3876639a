// Everything shown is set as text or through these two makers; no HTML is ever parsed.
const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element. `props`: class, text, on (handlers), data, and any attribute; absent ones are left out. */
export function h(tag, props = {}, children = []) {
  const element = document.createElement(tag);
  const { class: className, text, on = {}, data = {}, ...attributes } = props;
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = String(text);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? '' : value);
  }
  for (const [name, handler] of Object.entries(on)) element.addEventListener(name, handler);
  Object.assign(element.dataset, data);
  element.append(...[children].flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ICONS = {
  live: ['M3 12h4l3-8 4 16 3-8h4'],
  people: ['M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M4 21c0-4 3.6-6.500 8-6.500s8 2.500 8 6.500'],
  segments: [
    'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z',
    'M2.500 20c0-3.600 2.900-5.800 6.500-5.800s6.500 2.200 6.500 5.800',
    'M16 4.300a3.500 3.500 0 0 1 0 6.400',
    'M18 14.600c2.200.8 3.500 2.700 3.500 5.400',
  ],
  journeys: ['M6 3v6a3 3 0 0 0 3 3h6a3 3 0 0 1 3 3v6', 'M15 18l3 3 3-3', 'M6 12v9'],
  messages: ['M4 6h16v12H4z', 'M4 7l8 6 8-6'],
  search: ['M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z', 'M20 20l-4-4'],
  back: ['M15 5l-7 7 7 7'],
  key: ['M14.500 14.500a5 5 0 1 0-4.600-3.100L4 17.300V20h3v-2h2v-2h1.600z', 'M15.500 8.500h.01'],
  leave: ['M10 4H5v16h5', 'M15 8l4 4-4 4', 'M19 12H9'],
  keyboard: ['M3 6h18v12H3z', 'M7 10h.01M11 10h.01M15 10h.01M8 14h8'],
};

/** A drawing in the text's colour; says nothing to a screen reader. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

export function button(text, onClick, props = {}) {
  return h('button', { type: 'button', class: 'button', ...props, text, on: { click: onClick } });
}

export function badge(text, tone = 'plain') {
  return h('span', { class: `badge ${tone}`, text });
}

/** A titled card. */
export function card(title, children, note) {
  const head = h('header', { class: 'card-head' }, [
    h('h2', { text: title }),
    note ? h('span', { class: 'quiet', text: note }) : null,
  ]);
  return h('section', { class: 'card', 'aria-label': title }, [head, ...[children].flat()]);
}
