export { placeOrders as placeTogether } from '../place-order.ts';
export type { PlaceOrder } from '../place-wish.ts';
