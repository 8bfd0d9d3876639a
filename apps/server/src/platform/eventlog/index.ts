export { appendLines, internalLane, isAppendable } from './append.ts';
export type { EmittedEvent, Entry, EventBatch, Handover, Merge, RebuildBatch, Stage, SubjectBatch } from './batch.ts';
export { cleanText } from './clean-text.ts';
export { createConfigCache } from './config-cache.ts';
export {
  countDeadLetterRows,
  type DeadLetterRow,
  findDeadLetterAt,
  findDeadLetterRow,
  listDeadLetterRows,
} from './dead-letter-store.ts';
export { isReplayedLine, isWaitingAsDeadLetter, replayDeadLetters, takeDeadLetters } from './dead-letters.ts';
export { createEventLog } from './event-log.ts';
export {
  decodeEvent,
  encodeEvent,
  INTAKE_LOG,
  INTERNAL_LOG,
  LANE_COUNT,
  LINE_COLUMNS,
  type EventPayload,
  type EventType,
  type LogId,
  type LoggedEvent,
  type NodeRef,
  type StoredEvent,
} from './event.ts';
export { finalOwners } from './final-owners.ts';
export { forgetDeadLetters } from './forget-dead-letters.ts';
export { inSnapshot } from './in-snapshot.ts';
export { inTransaction } from './in-transaction.ts';
export {
  applicationName,
  createLanes,
  cutLanes,
  moveCursors,
  readPositions,
  releaseLanes,
  SILENCE_MS_MAX,
  setBorders,
  type CursorMove,
  type LaneLease,
  type LanePosition,
} from './lease.ts';
export { type LogState, type ReaderLag, readLogState, readReaderLags } from './log-state.ts';
export { watchLog } from './log-metrics.ts';
export { eventlogMigrations } from './migrations/index.ts';
export { type LeasedRun, processRuns } from './processor.ts';
export { eventAt, readBlocks, readNewest, readTail, type LaneRun } from './read-blocks.ts';
export { readPastPoison } from './read-past-poison.ts';
export { AppendSignal, LaneHold, readRuns } from './reader.ts';
export { createReshaper, type Reshaper, type ReshapingBatch, type SubjectHistory } from './rebuild.ts';
export { runProcessor } from './run-processor.ts';
export { runRetention } from './retention.ts';
export { RetryBatch } from './retry-batch.ts';
export { claimMessageKeys, messageKey } from './seen.ts';
export { causedId, inSubjects } from './subject-batch.ts';
export { pageSubjects, readSubjects, type SubjectPlace } from './subject-state.ts';
export { defineSection, Subject } from './subject.ts';
export { isInTransaction, type TxCtx } from './tx-ctx.ts';
