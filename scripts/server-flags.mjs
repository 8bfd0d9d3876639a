/**
 * Flags of the server's Node process, by `npm run bench -- intake` with 100,000 known customers and `import` with 200,000 rows
 * on two cores. Events live for a few batches: long enough to be copied twice by the default 16 MB nursery, which cost a sixth
 * of the processor time of intake and a fifth of an import's. Rows a second of an import: 4,290 with 32 MB (17 % of the time
 * collecting), 4,410 with 64 MB, 4,980 with 128 MB and 120 MB more memory; intake gained nothing beyond 32 MB. About 230 MB of
 * the heap are alive. Without a bound the process grew to 730-850 MB at 0.21 of the bare engine's speed; bounded at 640 MB it
 * stays below 600 MB; at 320 MB collecting took it down by a fifth.
 */
export const serverNodeFlags = ['--max-semi-space-size=64', '--max-old-space-size=640'];
