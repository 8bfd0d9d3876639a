export { isNetwork } from './address-rules.ts';
export { createOutbound, type OpenResult, type Outbound, type OutboundResult } from './outbound.ts';
