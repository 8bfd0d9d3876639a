/** What a batch saw was changed under it (a merge, new definitions, a lost lease): roll back and take it again. */
export class RetryBatch extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'RetryBatch';
  }
}
