import type { JsonObject } from '../../../platform/json.ts';
import type { ExternalRef, SourceVersion } from '../external-ref.ts';

/** A product as its source knows it, with all its variants. Amounts are minor units. */
export interface ProductInput {
  readonly ref: ExternalRef;
  /** Left out: now. */
  readonly version?: SourceVersion | undefined;
  readonly title: string;
  readonly description?: string | undefined;
  readonly vendor?: string | undefined;
  readonly productType?: string | undefined;
  readonly status: ProductStatus;
  readonly url?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly attributes?: JsonObject | undefined;
  readonly options?: readonly { readonly name: string; readonly values: readonly string[] }[] | undefined;
  readonly media?: readonly Media[] | undefined;
  /** By name. */
  readonly collections?: readonly string[] | undefined;
  readonly rating?: { readonly average: number; readonly count: number } | undefined;
  /** Left out: everywhere. */
  readonly availability?: { readonly regions?: readonly string[] | undefined } | undefined;
  readonly variants: readonly VariantInput[];
}

export type ProductStatus = 'active' | 'draft' | 'archived';

export interface Media {
  readonly url: string;
  readonly alt?: string | undefined;
  readonly kind: 'image' | 'video' | 'model';
}

export interface VariantInput {
  readonly ref: ExternalRef;
  readonly sku?: string | undefined;
  readonly barcode?: string | undefined;
  readonly title?: string | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly prices: readonly PriceInput[];
  readonly cost?: { readonly amountMinor: number; readonly currency: string } | undefined;
  readonly requiresShipping?: boolean | undefined;
  readonly backorder?: 'deny' | 'continue' | undefined;
  readonly imageUrl?: string | undefined;
  readonly url?: string | undefined;
}

export interface PriceInput {
  readonly currency: string;
  readonly amountMinor: number;
  readonly compareAtMinor?: number | undefined;
  /** Left out: every channel that has no price of its own. */
  readonly channel?: string | undefined;
  /** From when on; left out: since the source says so. */
  readonly from?: number | undefined;
}

export interface UpsertedProduct {
  readonly productId: string;
  /** By the source's id of the variant. */
  readonly variantIds: ReadonlyMap<string, string>;
  /** `stale`: an older word. `joined`: another source's product, which goes by this name too now. */
  readonly kind: 'created' | 'changed' | 'same' | 'stale' | 'joined';
}
