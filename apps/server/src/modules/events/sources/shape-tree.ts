import type { Json, JsonObject } from '../../../platform/json.ts';
import { cut } from '../sessions/page-of.ts';

/** The JSON types by their codes. */
export const JSON_TYPES = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const;
export type JsonType = (typeof JSON_TYPES)[number];

const NULL = 0;
const BOOLEAN = 1;
const NUMBER = 2;
const STRING = 3;
const ARRAY = 4;
const OBJECT = 5;

/** Path segments below `properties` or `traits` that are looked at; what lies deeper is only an object or an array. */
export const PATH_DEPTH_MAX = 4;
/** Items of an array that are looked at. */
export const ARRAY_ITEMS_MAX = 50;
/** With the longest name of an event, a path of such names must fit into an index of PostgreSQL: 2,704 bytes. */
const KEY_CHARS_MAX = 60;
/** A kind of event with more shapes than fit is given a new tree: then it is slower to observe, not larger. */
const NODES_MAX = 2_000;

/** One thing a shape says: at this path there is a value of this type. */
export interface Fact {
  readonly path: string;
  readonly type: JsonType;
}

/** What was seen of one shape since it was last taken. Ordinals count the events of the tree from 1. */
export interface ShapeSighting {
  readonly facts: readonly Fact[];
  readonly count: number;
  readonly firstOrdinal: number;
  readonly lastOrdinal: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/**
 * A state of the walk over an event: everything seen so far, fields in the order they came. Events of the same shape end
 * at the same node, so that observing one more is a walk along known nodes and a count at the end.
 */
class ShapeNode {
  readonly parent: ShapeNode | undefined;
  readonly fact: Fact | undefined;
  /** Put before the names of fields inside, where this node opens an object. */
  readonly prefix: string;
  /** The field that followed first, and what follows it by type: almost always the one that follows again. */
  key: string | undefined;
  next: (ShapeNode | undefined)[] = [];
  others: Map<string, (ShapeNode | undefined)[]> | undefined;
  closed: ShapeNode | undefined;
  /** Where this node opens an array: its items' shapes begin here. */
  items: ShapeNode | undefined;
  afterItem: Map<ShapeNode, ShapeNode> | undefined;
  /** The shape of an item, on the node that follows it. */
  readonly item: ShapeNode | undefined;

  count = 0;
  firstOrdinal = 0;
  lastOrdinal = 0;
  firstAt = 0;
  lastAt = 0;
  facts: readonly Fact[] | undefined;

  constructor(
    parent: ShapeNode | undefined,
    options: { fact?: Fact | undefined; prefix?: string; item?: ShapeNode } = {},
  ) {
    this.parent = parent;
    this.fact = options.fact;
    this.prefix = options.prefix ?? '';
    this.item = options.item;
  }
}

/** The shapes of one kind of event. Measured: 0.1 µs for an event with 12 fields, 0.55 µs for an order with three products. */
export class ShapeTree {
  #root = new ShapeNode(undefined);
  #nodes = 0;
  #ordinal = 0;
  #touched: ShapeNode[] = [];
  #taken: ShapeSighting[] = [];

  /** Sees one event, received at `at`. */
  see(properties: JsonObject | undefined, traits: JsonObject | undefined, at: number): void {
    if (this.#nodes > NODES_MAX) this.#renew();
    let node = this.#root;
    if (properties !== undefined) node = this.#object(this.#open(node, 'properties'), properties, PATH_DEPTH_MAX);
    if (traits !== undefined) node = this.#object(this.#open(node, 'traits'), traits, PATH_DEPTH_MAX);
    const ordinal = ++this.#ordinal;
    if (node.count === 0) {
      node.firstOrdinal = ordinal;
      node.firstAt = at;
      node.lastAt = at;
      this.#touched.push(node);
    }
    node.count++;
    node.lastOrdinal = ordinal;
    // Blocks of several lanes are not in order of receipt among each other.
    if (at < node.firstAt) node.firstAt = at;
    if (at > node.lastAt) node.lastAt = at;
  }

  /** How many events were seen since, and in which shapes, in the order they first came. Begins to count anew. */
  take(): { events: number; sightings: ShapeSighting[] } {
    this.#settle();
    const taken = { events: this.#ordinal, sightings: this.#taken };
    this.#taken = [];
    this.#ordinal = 0;
    return taken;
  }

  #renew(): void {
    this.#settle();
    this.#root = new ShapeNode(undefined);
    this.#nodes = 0;
  }

  #settle(): void {
    for (const node of this.#touched) {
      const { count, firstOrdinal, lastOrdinal, firstAt, lastAt } = node;
      this.#taken.push({ facts: (node.facts ??= factsOf(node)), count, firstOrdinal, lastOrdinal, firstAt, lastAt });
      node.count = 0;
    }
    this.#touched = [];
  }

  #open(node: ShapeNode, name: 'properties' | 'traits'): ShapeNode {
    return node.key === name && node.next[OBJECT] !== undefined
      ? node.next[OBJECT]
      : this.#step(node, name, { code: OBJECT, path: name, isField: false });
  }

  /** Walks the fields of an object that `opened` opens; answers the node after its end. */
  #object(opened: ShapeNode, object: JsonObject, depth: number): ShapeNode {
    let node = opened;
    for (const key in object) {
      const value = object[key] as Json;
      const code = codeOf(value);
      let next = node.key === key ? node.next[code] : undefined;
      next ??= this.#step(node, key, { code, path: opened.prefix + cut(key, KEY_CHARS_MAX), isField: true });
      node = next;
      if (code >= ARRAY && depth > 1) {
        node =
          code === ARRAY
            ? this.#array(node, value as Json[], depth - 1)
            : this.#object(node, value as JsonObject, depth - 1);
      }
    }
    // Without an end, { a: { b: 1 } } and { a: {}, b: 1 } would be one shape.
    return (node.closed ??= this.#add(node, {}));
  }

  /** Every item's shape is walked apart and counts once, so that ten alike are one shape, and so are eleven. */
  #array(opened: ShapeNode, items: readonly Json[], depth: number): ShapeNode {
    let node = opened;
    const root = (opened.items ??= this.#add(undefined, { prefix: `${opened.fact!.path}[]` }));
    const count = Math.min(items.length, ARRAY_ITEMS_MAX);
    for (let i = 0; i < count; i++) {
      const item = items[i]!;
      const code = codeOf(item);
      let end = root.next[code];
      if (end === undefined) {
        const path = root.prefix;
        end = this.#add(root, { fact: { path, type: JSON_TYPES[code]! }, prefix: code === OBJECT ? `${path}.` : path });
        root.next[code] = end;
      }
      if (code === OBJECT) end = this.#object(end, item as JsonObject, depth);
      else if (code === ARRAY && depth > 1) end = this.#array(end, item as Json[], depth - 1);
      node = node.afterItem?.get(end) ?? this.#afterItem(node, end);
    }
    return node;
  }

  #afterItem(node: ShapeNode, item: ShapeNode): ShapeNode {
    const after = isItemOf(node, item) ? node : this.#add(node, { item });
    (node.afterItem ??= new Map()).set(item, after);
    return after;
  }

  #step(node: ShapeNode, key: string, to: { code: number; path: string; isField: boolean }): ShapeNode {
    if (node.key === undefined) node.key = key;
    let next = node.next;
    if (node.key !== key) {
      node.others ??= new Map();
      next = node.others.get(key) ?? [];
      node.others.set(key, next);
    }
    return (next[to.code] ??= this.#add(node, {
      fact: to.isField ? { path: to.path, type: JSON_TYPES[to.code]! } : undefined,
      prefix: `${to.path}.`,
    }));
  }

  #add(parent: ShapeNode | undefined, options: ConstructorParameters<typeof ShapeNode>[1]): ShapeNode {
    this.#nodes++;
    return new ShapeNode(parent, options);
  }
}

function codeOf(value: Json): number {
  switch (typeof value) {
    case 'string':
      return STRING;
    case 'number':
      return NUMBER;
    case 'boolean':
      return BOOLEAN;
    default:
      if (value === null) return NULL;
      return Array.isArray(value) ? ARRAY : OBJECT;
  }
}

/** Whether an item of this shape was already among those of the array under way. */
function isItemOf(node: ShapeNode, item: ShapeNode): boolean {
  for (let at: ShapeNode | undefined = node; at?.item !== undefined; at = at.parent) if (at.item === item) return true;
  return false;
}

/** What the shape that ends here says, each once, in the order it was met. */
function factsOf(end: ShapeNode): Fact[] {
  const chain: ShapeNode[] = [];
  for (let node: ShapeNode | undefined = end; node !== undefined; node = node.parent) chain.push(node);
  const facts = new Map<string, Fact>();
  for (const node of chain.reverse()) {
    if (node.fact !== undefined) facts.set(`${node.fact.type} ${node.fact.path}`, node.fact);
    if (node.item === undefined) continue;
    for (const fact of node.item.facts ?? factsOf(node.item)) facts.set(`${fact.type} ${fact.path}`, fact);
  }
  return [...facts.values()];
}
