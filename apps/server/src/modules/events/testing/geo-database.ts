import { writeFileSync } from 'node:fs';

/** What MaxMind's format can hold, as far as a database of places needs it. */
type Value = string | number | readonly Value[] | { readonly [name: string]: Value };

const TYPE = { text: 2, uint32: 6, map: 7, list: 11 };

/**
 * Writes a database in MaxMind's format that knows the IPv4 addresses given, each with its whole /32.
 * https://maxmind.github.io/MaxMind-DB/
 */
export function writeGeoDatabase(file: string, places: Readonly<Record<string, Value>>): void {
  const tree: [Child, Child][] = [[undefined, undefined]];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [ip, place] of Object.entries(places)) {
    const written = encode(place);
    addAddress(tree, ip, { dataOffset: dataBytes });
    data.push(written);
    dataBytes += written.length;
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000,
    database_type: 'Test-City',
    description: { en: 'Places for tests' },
    ip_version: 4,
    languages: ['en'],
    node_count: tree.length,
    record_size: 32,
  });
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
  writeFileSync(file, Buffer.concat([encodeTree(tree), Buffer.alloc(16), ...data, marker, metadata]));
}

type Child = number | { readonly dataOffset: number } | undefined;

function addAddress(tree: [Child, Child][], ip: string, leaf: Child): void {
  const bits = ip.split('.').flatMap((byte) => [...Number(byte).toString(2).padStart(8, '0')].map(Number));
  let node = 0;
  for (const bit of bits.slice(0, -1)) {
    let next = tree[node]![bit];
    if (typeof next !== 'number') {
      next = tree.push([undefined, undefined]) - 1;
      tree[node]![bit] = next;
    }
    node = next;
  }
  tree[node]![bits.at(-1)!] = leaf;
}

/** A record is a node, or beyond the nodes and the gap of 16 bytes a place in the data, or the count of nodes: nothing. */
function encodeTree(tree: readonly [Child, Child][]): Buffer {
  const bytes = Buffer.alloc(tree.length * 8);
  const record = (child: Child): number => {
    if (typeof child === 'number') return child;
    return child === undefined ? tree.length : tree.length + 16 + child.dataOffset;
  };
  tree.forEach(([left, right], node) => {
    bytes.writeUInt32BE(record(left), node * 8);
    bytes.writeUInt32BE(record(right), node * 8 + 4);
  });
  return bytes;
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(TYPE.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(TYPE.uint32, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(TYPE.list, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(TYPE.map, entries.length),
    ...entries.flatMap(([name, inner]) => [encode(name), encode(inner as Value)]),
  ]);
}

/** Types above 7 stand in a second byte; a size of 29 or more too. */
function control(type: number, size: number): Buffer {
  const small = Math.min(size, 29);
  const head = type > 7 ? [small, type - 7] : [(type << 5) | small];
  return Buffer.from(size < 29 ? head : [...head, size - 29]);
}
