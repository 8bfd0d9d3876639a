import type { Json } from '../../../platform/json.ts';
import type { NormaliseContext } from '../connector.ts';
import { gmtOf, idOf, requireId, requireObject, textOf, wholeOf } from '../payload.ts';
import { textOfHtml } from '../plain-text.ts';
import type { ShopHappening } from '../records.ts';

/** A review (REST API v3, "Product reviews"): Segment's `Product Reviewed`. */
export function readWooReview(payload: Json, context: NormaliseContext): ShopHappening {
  const review = requireObject(payload, 'the review');
  const id = requireId(review['id'], 'the review');
  const productId = idOf(review['product_id']);
  const rating = wholeOf(review['rating']);
  return {
    id: `product_review/${id}`,
    event: 'Product Reviewed',
    atMs: gmtOf(review['date_created_gmt']) ?? context.receivedAtMs,
    orderId: undefined,
    who: { customerId: undefined, email: textOf(review['reviewer_email']), phone: undefined, anonymousId: undefined },
    properties: {
      review_id: id,
      ...(productId !== undefined && { product_id: productId }),
      ...(rating !== undefined && { rating: String(rating) }),
      ...(textOf(review['review']) !== undefined && { review_body: textOfHtml(textOf(review['review'])!) }),
      verified: review['verified'] === true,
    },
  };
}
