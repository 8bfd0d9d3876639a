/**
 * Whether a text is blocked by one of the patterns: without case, `*` stands for any characters. Each part of a pattern is
 * sought once, from where the one before it ended: no pattern makes it try again.
 */
export function compileBlockedValues(patterns: readonly string[]): (text: string) => boolean {
  const whole = new Set<string>();
  const globs: (readonly string[])[] = [];
  for (const pattern of patterns) {
    const parts = pattern.trim().toLowerCase().split('*');
    if (parts.length === 1) whole.add(parts[0]!);
    else globs.push(parts);
  }
  if (whole.size === 0 && globs.length === 0) return () => false;
  return (text) => {
    const lower = text.toLowerCase();
    return whole.has(lower) || globs.some((parts) => matches(lower, parts));
  };
}

function matches(text: string, parts: readonly string[]): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const at = text.indexOf(parts[i]!, from);
    if (at < 0) return false;
    from = at + parts[i]!.length;
  }
  return from <= end;
}
