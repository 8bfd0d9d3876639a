/** Products a collection holds by itself: all conditions, or any. */
export interface CollectionRule {
  readonly match: 'all' | 'any';
  readonly conditions: readonly CollectionCondition[];
}

export type CollectionCondition =
  | {
      readonly field: 'tag' | 'vendor' | 'productType' | 'title';
      readonly is: 'equals' | 'not_equals' | 'contains';
      readonly value: string;
    }
  | {
      readonly field: 'price';
      readonly is: 'at_least' | 'at_most';
      readonly amountMinor: number;
      readonly currency: string;
    };

/** What rules ask of a product. */
export interface CollectedProduct {
  readonly title: string;
  readonly vendor: string | null;
  readonly productType: string | null;
  readonly tags: readonly string[];
  /** Of its variants, in every currency. */
  readonly prices: readonly { readonly amountMinor: number; readonly currency: string }[];
}

/** Whether a collection holds a product. Names are compared without regard to case. Pure. */
export function isCollected({ match, conditions }: CollectionRule, product: CollectedProduct): boolean {
  const holds = (condition: CollectionCondition) => judge(condition, product);
  return match === 'all' ? conditions.every(holds) : conditions.some(holds);
}

function judge(condition: CollectionCondition, product: CollectedProduct): boolean {
  if (condition.field === 'price') {
    const { is, amountMinor, currency } = condition;
    return product.prices.some(
      (price) =>
        price.currency === currency &&
        (is === 'at_least' ? price.amountMinor >= amountMinor : price.amountMinor <= amountMinor),
    );
  }
  const values = condition.field === 'tag' ? product.tags : [product[condition.field] ?? ''];
  const wanted = fold(condition.value);
  switch (condition.is) {
    case 'equals':
      return values.some((value) => fold(value) === wanted);
    case 'not_equals':
      return values.every((value) => fold(value) !== wanted);
    case 'contains':
      return values.some((value) => fold(value).includes(wanted));
  }
}

function fold(text: string): string {
  return text.trim().normalize('NFC').toLowerCase();
}
