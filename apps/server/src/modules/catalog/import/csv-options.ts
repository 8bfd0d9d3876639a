import type { Options } from 'csv-parse';

/** How files of products are read, by the beginning of the file. Pure. */
export function csvOptions(head: string) {
  return {
    bom: true,
    columns: (names: string[]) => names.map((name) => name.trim()),
    delimiter: delimiterOf(head),
    relax_column_count_less: true,
    // For themselves: as records of empty values each costs fifty times as much.
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  } satisfies Options;
}

/** The one its first line has most of: a file with semicolons may have commas in its amounts. */
function delimiterOf(text: string): string {
  const head = text.slice(0, text.indexOf('\n') === -1 ? undefined : text.indexOf('\n'));
  const counts = [',', ';', '\t'].map((one) => ({ one, count: head.split(one).length }));
  return counts.reduce((most, next) => (next.count > most.count ? next : most)).one;
}
