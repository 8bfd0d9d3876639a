export { createScaledClock, createSystemClock, type Clock, type ScaledClockSettings } from './clock.ts';
