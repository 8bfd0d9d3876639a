export const basketEndpoints = {} as const;
