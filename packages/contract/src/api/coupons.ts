export const couponEndpoints = {} as const;
