/** What a batch saw was changed under it (a merge, new definitions, a lost lease): roll back and take it again. */
export class RetryBatch extends Error {
  /** serialization_failure: whoever did this on behalf of a request does it again, as after any lost race. */
  readonly code = '40001';

  constructor(reason: string) {
    super(reason);
    this.name = 'RetryBatch';
  }
}
