export { ordersMigrations } from './migrations/index.ts';
export { createOrderRoutes } from './routes.ts';
export { batchOf, createOrderBook, type OrderBook } from './order-book.ts';
export { createOrdersStage } from './orders-stage.ts';
export { orderFactsOf } from './read-orders.ts';
export { ordersPersonalData } from './personal-data.ts';
export type { Address, FulfilmentInput, OrderInput, OrderLineInput, OrderPart, RefundInput } from './order-input.ts';
export { keptOf, netMinorOf, type OrderLine, type OrderState, type PaymentState } from './order-state.ts';
export type {
  CouponsHeld,
  OrderBatch,
  OrderChange,
  OrderCouponPort,
  OrderFollower,
  OrderPointsPort,
  PlacedOrder,
  PointsBurned,
} from './ports.ts';
