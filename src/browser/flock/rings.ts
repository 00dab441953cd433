/** Shares of the way to the edge of the picture. */
export const NEAR_RING = 0.44
export const RELAY_RING = 0.57
export const FAR_RING = 0.86
/** Around the relay's bird: a length. */
export const CARRIED_RING = 0.36
