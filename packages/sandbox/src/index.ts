export type { Behaviour } from './mail/behaviour.ts';
export type { Mail, MailHeader, MailSummary, MailUnsubscribe } from './mail/mail.ts';
export { startSandboxMail, type SandboxMail, type SandboxMailOptions } from './mail/start-sandbox-mail.ts';
export { unsubscribe, type UnsubscribeOutcome } from './mail/unsubscribe.ts';
export { advanceWorld, type SeenMail, type WorldEffect, type WorldInputs } from './shop/advance-world.ts';
export { runShop, type ShopOptions } from './shop/run-shop.ts';
export type { ShopEvent } from './shop/shop-event.ts';
export { beginWorld, type World, type WorldSettings } from './shop/world.ts';
