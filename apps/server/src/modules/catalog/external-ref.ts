/** What a connected shop calls a thing of ours: `{ source: 'shopify:<shop>', id: '788032119674292922' }`. */
export interface ExternalRef {
  /** `api`, `feed:<name>`, `pos:<connector>`, `shopify:<shop>` … */
  readonly source: string;
  readonly id: string;
}

/** When the source last changed it. What is older than what is kept changes nothing; of one instant the larger hash counts. */
export interface SourceVersion {
  readonly at: number;
  readonly hash?: string | undefined;
}
