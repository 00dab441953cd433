/**
 * The ground floor: encodings, hashing, the ciphers, outcomes, and the ports for time and randomness. Knows nothing of chat.
 */
export { concat as concatBytes } from 'uint8arrays/concat'
export { equals as equalBytes } from 'uint8arrays/equals'
export * from './aead.ts'
export * from './argon2.ts'
export * from './capped-map.ts'
export * from './clock.ts'
export * from './encoding.ts'
export * from './errors.ts'
export * from './hash.ts'
export * from './random.ts'
export * from './reader.ts'
export * from './result.ts'
export * from './text.ts'
export * from './writer.ts'
