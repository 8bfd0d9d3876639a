export const inventoryEndpoints = {} as const;
