export { createWooTwin, type WooTwin, type WooTwinOptions } from './create-woo-twin.ts';
