/** A source of `length` random bytes as a port: cryptographically strong in production, seeded in a simulation. */
export type RandomBytes = (length: number) => Uint8Array

export const systemRandom: RandomBytes = length => crypto.getRandomValues(new Uint8Array(length))
