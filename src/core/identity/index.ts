/** Who somebody is: root and device keys, signatures with domain tags, and names that are safe to show. */
export * from './certificate.ts'
export * from './identity.ts'
export * from './key-agreement.ts'
export * from './names.ts'
export {
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  SIGNATURE_BYTES,
  signingKey,
  verifySignature,
  type SigningKey
} from './signature.ts'
