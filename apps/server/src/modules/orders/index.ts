export { ordersMigrations } from './migrations/index.ts';
export { orderRoutes } from './routes.ts';
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
