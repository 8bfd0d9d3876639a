export interface Floor {
  readonly module: string;
  readonly owns: string;
}

/**
 * The server's modules, lowest first. A module imports the platform, the packages and the `index.ts` of modules below
 * it, nothing else. This array is the truth: the boundary rules in `scripts/boundary-rules.mjs` are generated from it.
 * It must import nothing itself, because the rules read it before anything is compiled.
 */
export const FLOORS: readonly Floor[] = [
  { module: 'accounts', owns: 'workspace, member, role, API key, write key, audit entry' },
  { module: 'profiles', owns: 'profile, identifier node, trait, company, merge and its undoing' },
  { module: 'events', owns: 'intake, rejected events, archive, history views, timeline, sessions' },
  { module: 'consent', owns: 'topic, consent record with proof, suppression, preference page' },
  { module: 'catalog', owns: 'product, variant, price history, collection, rating' },
  { module: 'inventory', owns: 'location, stock level, movement, reservation, forecast' },
  { module: 'orders', owns: 'order, line, fulfilment, pick-up, return, refund' },
  { module: 'baskets', owns: 'cart, wish list, recently viewed, preferences, stock and price alerts' },
  { module: 'segments', owns: 'rule, evaluation, membership, back-fill, computed trait, lifecycle stage' },
  { module: 'content', owns: 'brand kit, template, asset, rendering, tracked links, forms' },
  { module: 'promotions', owns: 'coupon, pool, redemption' },
  { module: 'loyalty', owns: 'ledger, tier, reward, referral' },
  { module: 'memberships', owns: 'plan, subscription, cycle, dunning' },
  { module: 'messaging', owns: 'message, delivery, channel account, policy gate, routing, channels' },
  { module: 'journeys', owns: 'journey version, step, run, simulation, recipe' },
  { module: 'broadcasts', owns: 'audience snapshot, schedule, send ledger, A/B test, campaign' },
  { module: 'answers', owns: 'the profile as an answer: bought, interests, carts, orders, replies, next steps' },
  { module: 'conversations', owns: 'conversation, assignment, SLA, quick reply, task, bot, knowledge' },
  { module: 'feedback', owns: 'survey, response, review, sentiment' },
  { module: 'predictions', owns: 'RFM, lifetime value, churn, next order, send time, preferred channel' },
  { module: 'recommendations', owns: 'together, similar, alternative, replenish, next best offer' },
  { module: 'reports', owns: 'KPI, funnel, cohort, attribution, experiment, goal, alert' },
  { module: 'adverts', owns: 'ad platforms, spend, social, live selling' },
  { module: 'connectors', owns: 'shop platforms, marketplaces, POS, ERP, CRM' },
  { module: 'transfers', owns: 'import, export' },
  { module: 'privacy', owns: 'export, erasure, retention over every module, by port' },
];
