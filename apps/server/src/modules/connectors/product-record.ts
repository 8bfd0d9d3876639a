/** A product with all its variants. */
export interface ShopProduct {
  readonly id: string;
  readonly atMs: number;
  readonly title: string;
  readonly description: string | undefined;
  readonly vendor: string | undefined;
  readonly productType: string | undefined;
  readonly status: 'active' | 'draft' | 'archived';
  readonly url: string | undefined;
  readonly tags: readonly string[];
  readonly options: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly media: readonly ShopMedia[];
  readonly collections: readonly string[];
  readonly rating: { readonly average: number; readonly count: number } | undefined;
  readonly attributes: Readonly<Record<string, string | number | boolean | string[]>>;
  /** Undefined: its variants are told by themselves. */
  readonly variants: readonly ShopVariant[] | undefined;
}

export interface ShopMedia {
  readonly url: string;
  readonly alt: string | undefined;
  readonly kind: 'image' | 'video';
}

export interface ShopVariant {
  readonly id: string;
  readonly sku: string | undefined;
  readonly barcode: string | undefined;
  readonly title: string | undefined;
  readonly options: Readonly<Record<string, string>>;
  readonly priceMinor: number;
  readonly compareAtMinor: number | undefined;
  readonly currency: string;
  readonly costMinor: number | undefined;
  readonly requiresShipping: boolean;
  readonly backorder: 'deny' | 'continue';
  readonly imageUrl: string | undefined;
  readonly url: string | undefined;
  /** What its shop counts stock by, where that is another id. */
  readonly inventoryItemId: string | undefined;
}

/** Stock as the shop itself counts it. `locationId` undefined: the shop has one stock and no places. */
export interface ShopLevel {
  readonly of: { readonly kind: 'variant' | 'inventory_item' | 'sku'; readonly id: string };
  readonly locationId: string | undefined;
  /** Null: no longer kept there. */
  readonly quantity: number | null;
  readonly atMs: number;
}

export interface ShopLocation {
  readonly id: string;
  readonly atMs: number;
  readonly name: string;
  readonly isActive: boolean;
  readonly country: string | undefined;
  readonly city: string | undefined;
  readonly postcode: string | undefined;
  readonly street: string | undefined;
}
