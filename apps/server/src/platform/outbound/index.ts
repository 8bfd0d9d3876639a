export { isNetwork } from './address-rules.ts';
export { createOutbound, type Outbound, type OutboundResult } from './outbound.ts';
