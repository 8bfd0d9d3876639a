/**
 * Flags of the server's Node process. Events live for a few batches: long enough to be copied twice by the default 16 MB
 * nursery, which cost a sixth of the processor time at full load; with 64 MB most are gone before the first look.
 */
export const serverNodeFlags = ['--max-semi-space-size=64'];
