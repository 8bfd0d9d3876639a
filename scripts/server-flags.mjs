/**
 * Flags of the server's Node process, by `npm run bench -- intake` with 100,000 known customers on two cores.
 * Events live for a few batches: long enough to be copied twice by the default 16 MB nursery, which cost a sixth of the
 * processor time; 32 MB halved that, 64 MB gained no more and cost 100 MB. About 230 MB of the heap are alive. Without a
 * bound the process grew to 730-850 MB at 0.21 of the bare engine's speed; bounded at 640 MB it stays below 500 MB at
 * 0.205; at 320 MB collecting took it down to 0.17.
 */
export const serverNodeFlags = ['--max-semi-space-size=32', '--max-old-space-size=640'];
