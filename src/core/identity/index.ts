/** Who somebody is: root and device keys, signatures with domain tags, and names that are safe to show. */
export * from './certificate.ts'
export * from './identity.ts'
export * from './names.ts'
export * from './signature.ts'
