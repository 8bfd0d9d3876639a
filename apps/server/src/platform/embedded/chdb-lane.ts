import type { Session } from 'chdb';
import { ChdbRefusal, type ChdbRequest } from './chdb-request.ts';
import { ChdbSeat, type ChdbAnswer } from './chdb-seat.ts';

export interface LaneOptions {
  readonly name: string;
  readonly sessions: readonly Session[];
  readonly waitingMax: number;
  /** Settings of every request that does not bring its own. */
  readonly settings: Readonly<Record<string, string>>;
  /** Stops a running query from another session. */
  stop(statement: string): Promise<void>;
}

interface Waiting {
  readonly request: ChdbRequest;
  readonly left: AbortSignal;
  readonly resolve: (answer: ChdbAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A queue in front of some sessions of the engine. One session runs one request at a time; sessions run side by side. */
export class ChdbLane {
  readonly #options: LaneOptions;
  readonly #free: ChdbSeat[];
  readonly #waiting: Waiting[] = [];
  #runningCount = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#free = options.sessions.map((session, index) => new ChdbSeat(session, `${options.name} ${index}`));
  }

  get isIdle(): boolean {
    return this.#runningCount === 0 && this.#waiting.length === 0;
  }

  /** Runs the request when its turn comes. One whose client leaves is dropped from the queue; a running read is stopped. */
  run(request: ChdbRequest, left: AbortSignal): Promise<ChdbAnswer> {
    if (this.#waiting.length >= this.#options.waitingMax) return Promise.reject(tooMany());
    return new Promise<ChdbAnswer>((resolve, reject) => {
      const waiting: Waiting = {
        request,
        left,
        resolve: (answer) => (clearTimeout(tooLate), resolve(answer)),
        reject: (error) => (clearTimeout(tooLate), reject(error)),
      };
      const tooLate = setTimeout(() => this.#drop(waiting, tooMany()), request.timeoutMs);
      left.addEventListener('abort', () => this.#drop(waiting, cancelled()), { once: true });
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  #drop(waiting: Waiting, error: Error): void {
    const index = this.#waiting.indexOf(waiting);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    waiting.reject(error);
  }

  #next(): void {
    if (this.#free.length === 0) return;
    const waiting = this.#waiting.shift();
    const seat = waiting && this.#free.pop();
    if (!seat) return;
    this.#runningCount += 1;
    void this.#runOn(seat, waiting).finally(() => {
      this.#runningCount -= 1;
      this.#free.push(seat);
      this.#next();
    });
  }

  async #runOn(seat: ChdbSeat, { request, left, resolve, reject }: Waiting): Promise<void> {
    let stopping: Promise<void> | undefined;
    const onLeft = () => {
      stopping = this.#options.stop(seat.stopStatement);
    };
    // Rows whose client has left are still stored: it will ask again with the same token.
    if (request.kind !== 'insert') left.addEventListener('abort', onLeft, { once: true });
    try {
      resolve(await seat.run(request, this.#options.settings));
    } catch (error) {
      reject(error);
      await seat.letGo();
    }
    left.removeEventListener('abort', onLeft);
    // Else it could hit the seat's next query.
    await stopping;
  }
}

const tooMany = () =>
  new ChdbRefusal({
    ...{ code: 202, name: 'TOO_MANY_SIMULTANEOUS_QUERIES', status: 503 },
    message: 'Too many simultaneous queries: the queue of the embedded engine is full',
  });

const cancelled = () =>
  new ChdbRefusal({ code: 394, name: 'QUERY_WAS_CANCELLED', status: 499, message: 'The client has left' });
