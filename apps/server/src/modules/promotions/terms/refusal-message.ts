import type { CouponRefusal } from '@segue/contract';

/** What is wrong with a coupon and what to do about it, for whoever wants to use it. */
const MESSAGES: Readonly<Record<CouponRefusal, string>> = {
  unknown: 'There is no such code; check its spelling',
  void: 'This code was made worthless; ask for another',
  paused: 'This offer does not run at the moment; try again later',
  not_started: 'This offer has not begun yet; come back when it has',
  expired: 'This coupon has expired; ask for a current one',
  channel: 'This coupon does not count here; its terms say where it does',
  store: 'This coupon does not count in this store; its terms say where it does',
  currency: 'This coupon does not count in this currency',
  recipient: 'This coupon is somebody else’s; sign in as the one it was given to',
  profile_required: 'This coupon counts once it is known who buys; sign in, or give an address we know',
  segment: 'This coupon is for other customers',
  first_order: 'This coupon is for first orders only',
  email: 'This coupon is for certain addresses only; sign in with one of them',
  no_product: 'Nothing in the cart is of what this coupon counts for; its terms say what is',
  minimum: 'The goods this coupon counts for are not worth enough yet; add some',
  no_effect: 'This coupon would take nothing off this cart',
  better_coupon: 'Another coupon of this cart gives more, and they do not add up',
  used_up: 'This code has been redeemed already',
  held: 'This code is in another checkout just now; try again in a quarter of an hour',
  profile_limit: 'This coupon was used as often as one customer may',
  campaign_limit: 'This offer was used as often as it could be',
  budget: 'What was set aside for this offer is spent',
};

export function refusalMessage(reason: CouponRefusal): string {
  return MESSAGES[reason];
}
