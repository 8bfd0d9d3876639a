export const orderEndpoints = {} as const;
