export { ordersMigrations } from './migrations/index.ts';
export { createOrderRoutes } from './routes.ts';
export { batchOf, createOrderBook, type OrderBook } from './order-book.ts';
export { createOrdersStage } from './orders-stage.ts';
export { preorderersOf } from './read-preorders.ts';
export { orderFactsOf } from './read-orders.ts';
export { type KnownOrder, type OrderName, readKnownOrders } from './read-known-orders.ts';
export { ordersOfEvents } from './orders-of-events.ts';
export { ordersPersonalData } from './personal-data.ts';
export type { FulfilmentInput, OrderInput, OrderPart, RefundInput } from './order-input.ts';
export { keptOf, type OrderLine, type OrderState } from './order-state.ts';
export type {
  CouponsHeld,
  NamedOrder,
  OrderBatch,
  OrderChange,
  OrderCouponPort,
  OrderFollower,
  OrderPointsPort,
  PlacedOrder,
  PointsBurned,
} from './ports.ts';
