/** A Liquid tag or output taken out of a source, and where it stood. */
export interface HiddenLiquid {
  /** As it was written, braces included. */
  readonly source: string;
  readonly kind: 'tag' | 'output';
  /** Counts from 1. */
  readonly line: number;
}

export interface LiquidHidden {
  /** The source with every piece of Liquid replaced by a plain word; lines keep their numbers. */
  readonly text: string;
  readonly pieces: readonly HiddenLiquid[];
  /** Finds the words again; its first group is the number of the piece. */
  readonly word: RegExp;
  /** Puts the Liquid back wherever its word stands, however often. */
  restore(text: string): string;
}

const CLOSERS = { '{{': '}}', '{%': '%}' } as const;

/**
 * Takes Liquid out of the way of a compiler that does not know it. Each piece becomes a word of letters and digits, which
 * survives in text, in attributes and between elements alike.
 */
export function hideLiquid(source: string): LiquidHidden {
  let mark = 'lqd';
  while (source.includes(mark)) mark += 'q';
  const pieces: HiddenLiquid[] = [];
  let text = '';
  let done = 0;
  let line = 1;
  for (let at = nextOpener(source, 0); at >= 0; at = nextOpener(source, done)) {
    const opener = source.slice(at, at + 2) as keyof typeof CLOSERS;
    const end = source.indexOf(CLOSERS[opener], at + 2);
    if (end < 0) break;
    line += countLines(source.slice(done, at));
    const piece = source.slice(at, end + 2);
    const lines = countLines(piece);
    text += `${source.slice(done, at)}${mark}${pieces.length}z${'\n'.repeat(lines)}`;
    pieces.push({ source: piece, kind: opener === '{%' ? 'tag' : 'output', line });
    line += lines;
    done = end + 2;
  }
  text += source.slice(done);
  const word = new RegExp(`${mark}(\\d+)z`, 'g');
  return {
    text,
    pieces,
    word,
    restore: (compiled) => compiled.replace(word, (whole, index: string) => pieces[Number(index)]?.source ?? whole),
  };
}

function nextOpener(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
    const next = source[at + 1];
    if (next === '{' || next === '%') return at;
  }
  return -1;
}

export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
