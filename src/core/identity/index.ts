/** Who somebody is: root and device keys, signatures with domain tags, names that are safe to show, and what protects them. */
export * from './certificate.ts'
export * from './identity.ts'
export * from './key-agreement.ts'
export * from './identity-export.ts'
export * from './names.ts'
export {
  createPassphraseKey,
  decodeWrapped,
  parseNewPassphrase,
  typedPassphrase,
  unwrapSecret,
  wrapSecret,
  WRAPPED_VERSION,
  type Passphrase,
  type PassphraseKey
} from './passphrase.ts'
export { phraseOfRoot, rootOfPhrase } from './root-phrase.ts'
export { safetyNumber, safetyNumberGroups } from './safety-number.ts'
export {
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  SIGNATURE_BYTES,
  signingKey,
  verifySignature,
  type SigningKey
} from './signature.ts'
