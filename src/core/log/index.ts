/** Entries as outsiders see them, their one order, where they are kept, and how they are gossiped. Never decrypted here. */
export * from './entry.ts'
export type * from './entry-store.ts'
export * from './gossip-frame.ts'
export * from './hybrid-time.ts'
export type { Database } from './level-database.ts'
export { openStorage, readLayout } from './level-storage.ts'
export * from './sync/index.ts'
