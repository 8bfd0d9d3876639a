// QR codes (ISO/IEC 18004): byte mode, error correction level L, versions 1 to 20, mask 0. Enough for a link.
const ECC_PER_BLOCK = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8];
const LEVEL_L_MASK_0 = 0b01_000;
const QUIET = 4;

/** The squares of a code, row by row: true is dark. Throws when the text is too long. */
export function qrModules(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const version = BLOCKS.findIndex((_, i) => bytes.length <= dataCapacity(i + 1) - (i + 1 < 10 ? 2 : 3)) + 1;
  if (version === 0) throw new Error('too long for a QR code');
  const grid = new Grid(version);
  grid.drawFixed();
  grid.drawCodewords(withCorrection(dataCodewords(bytes, version), version));
  return grid.dark;
}

/** The code as an SVG in the page: dark on white whatever the theme, as readers need it. */
export function qrSvg(text, label) {
  const modules = qrModules(text);
  const side = modules.length + 2 * QUIET;
  const make = (tag, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const squares = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')));
  const svg = make('svg', { viewBox: `0 0 ${side} ${side}`, role: 'img', 'aria-label': label, class: 'qr' });
  svg.append(
    make('rect', { width: side, height: side, fill: '#ffffff' }),
    make('path', { d: squares.join(''), fill: '#000000' }),
  );
  return svg;
}

/** Bits that are neither pattern nor format, in bytes. */
function rawCodewords(version) {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligns = Math.floor(version / 7) + 2;
    bits -= (25 * aligns - 10) * aligns - 55;
    if (version >= 7) bits -= 36;
  }
  return Math.floor(bits / 8);
}

function dataCapacity(version) {
  return rawCodewords(version) - ECC_PER_BLOCK[version - 1] * BLOCKS[version - 1];
}

/** Mode, length, the bytes, and padding up to the capacity. */
function dataCodewords(bytes, version) {
  const bits = [];
  const put = (value, count) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  const capacity = dataCapacity(version) * 8;
  put(0b0100, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  put(0, Math.min(4, capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8);
  const out = [];
  for (let i = 0; i < bits.length; i += 8) out.push(Number.parseInt(bits.slice(i, i + 8).join(''), 2));
  return out;
}

/** Splits into blocks, adds Reed-Solomon codewords to each, and interleaves them. */
function withCorrection(data, version) {
  const count = BLOCKS[version - 1];
  const ecc = ECC_PER_BLOCK[version - 1];
  const raw = rawCodewords(version);
  const shortBlocks = count - (raw % count);
  const shortData = Math.floor(raw / count) - ecc;
  const divisor = reedSolomonDivisor(ecc);
  const blocks = [];
  for (let i = 0, at = 0; i < count; i++) {
    const block = data.slice(at, at + shortData + (i < shortBlocks ? 0 : 1));
    at += block.length;
    blocks.push({ block, check: reedSolomonRemainder(block, divisor) });
  }
  const out = [];
  for (let i = 0; i <= shortData; i++) for (const { block } of blocks) if (i < block.length) out.push(block[i]);
  for (let i = 0; i < ecc; i++) for (const { check } of blocks) out.push(check[i]);
  return out;
}

/** Multiplies in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function multiply(a, b) {
  let product = 0;
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> i) & 1) * a;
  }
  return product;
}

function reedSolomonDivisor(degree) {
  const result = Array.from({ length: degree }, (_, i) => (i === degree - 1 ? 1 : 0));
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) result[j] = multiply(result[j], root) ^ (result[j + 1] ?? 0);
    root = multiply(root, 2);
  }
  return result;
}

function reedSolomonRemainder(data, divisor) {
  const result = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ result.shift();
    result.push(0);
    divisor.forEach((coefficient, i) => (result[i] ^= multiply(coefficient, factor)));
  }
  return result;
}

/** Appends the remainder of a BCH code to some bits. */
function withRemainder(value, { bits, generator }) {
  let remainder = value;
  for (let i = 0; i < bits; i++) remainder = (remainder << 1) ^ ((remainder >>> (bits - 1)) * generator);
  return (value << bits) | remainder;
}

class Grid {
  constructor(version) {
    this.version = version;
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => Array(this.size).fill(false));
  }

  #set(x, y, dark) {
    this.dark[y][x] = Boolean(dark);
    this.fixed[y][x] = true;
  }

  drawFixed() {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      this.#set(6, i, i % 2 === 0);
      this.#set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [
      [3, 3],
      [size - 4, 3],
      [3, size - 4],
    ])
      this.#drawSquare(x, y, 4);
    const places = this.#alignmentPlaces();
    for (const x of places)
      for (const y of places) {
        const isCorner = (x === 6 && y === 6) || (x === 6 && y === size - 7) || (x === size - 7 && y === 6);
        if (!isCorner) this.#drawSquare(x, y, 2);
      }
    this.#drawFormat();
    if (this.version >= 7) this.#drawVersion();
  }

  /** A finder (radius 4, with its light border) or an alignment pattern (radius 2). */
  #drawSquare(cx, cy, radius) {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) {
        const [x, y, ring] = [cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy))];
        if (x < 0 || y < 0 || x >= this.size || y >= this.size) continue;
        this.#set(x, y, radius === 4 ? ring !== 2 && ring !== 4 : ring !== 1);
      }
  }

  #alignmentPlaces() {
    if (this.version === 1) return [];
    const count = Math.floor(this.version / 7) + 2;
    const step = Math.ceil((this.version * 4 + 4) / (count * 2 - 2)) * 2;
    const places = [6];
    for (let at = this.size - 7; places.length < count; at -= step) places.splice(1, 0, at);
    return places;
  }

  #drawFormat() {
    const { size } = this;
    const bits = withRemainder(LEVEL_L_MASK_0, { bits: 10, generator: 0x537 }) ^ 0x5412;
    const bit = (i) => (bits >>> i) & 1;
    for (let i = 0; i <= 5; i++) this.#set(8, i, bit(i));
    this.#set(8, 7, bit(6));
    this.#set(8, 8, bit(7));
    this.#set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.#set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.#set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.#set(8, size - 15 + i, bit(i));
    this.#set(8, size - 8, true);
  }

  #drawVersion() {
    const bits = withRemainder(this.version, { bits: 12, generator: 0x1f25 });
    for (let i = 0; i < 18; i++) {
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)];
      this.#set(a, b, (bits >>> i) & 1);
      this.#set(b, a, (bits >>> i) & 1);
    }
  }

  /** Where the next bit goes: pairs of columns from the right, up and down in turn. */
  *#places() {
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const isUp = ((right + 1) & 2) === 0;
      for (let step = 0; step < this.size; step++) {
        const y = isUp ? this.size - 1 - step : step;
        yield [right, y];
        yield [right - 1, y];
      }
    }
  }

  /** Masked: a bit is turned where x + y is even. */
  drawCodewords(codewords) {
    let i = 0;
    for (const [x, y] of this.#places()) {
      if (this.fixed[y][x]) continue;
      const bit = ((codewords[i >>> 3] ?? 0) >>> (7 - (i & 7))) & 1;
      this.dark[y][x] = Boolean(bit ^ ((x + y) % 2 === 0 ? 1 : 0));
      i++;
    }
  }
}
