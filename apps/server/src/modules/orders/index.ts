export { ordersMigrations } from './migrations/index.ts';
export { createOrderRoutes } from './routes.ts';
export { batchOf, createOrderBook, type OrderBook } from './order-book.ts';
export { createOrdersStage } from './orders-stage.ts';
export { orderFactsOf } from './read-orders.ts';
export { ordersPersonalData } from './personal-data.ts';
export type { FulfilmentInput, OrderInput, OrderPart, RefundInput } from './order-input.ts';
export { keptOf, type OrderState } from './order-state.ts';
export type {
  CouponsHeld,
  OrderChange,
  OrderCouponPort,
  OrderFollower,
  OrderPointsPort,
  PlacedOrder,
} from './ports.ts';
