/**
 * Flags of the server's Node process. Events live for a few batches: long enough to be copied twice by the default 16 MB
 * nursery, which cost a sixth of the processor time at full load. 32 MB halved that; 64 MB gained no more and cost 100 MB.
 * The heap is collected before it grows beyond what 100,000 known customers at full load need (about 230 MB alive):
 * with 320 MB collecting took a quarter of the time, without a bound the process grew to 800 MB.
 */
export const serverNodeFlags = ['--max-semi-space-size=32', '--max-old-space-size=448'];
