export const loyaltyEndpoints = {} as const;
