/** Epochs of a private room's keys: a tree of commits, of which one tip is gone on from. */
export * from './claim-codec.ts'
export * from './commit-claim.ts'
export * from './epoch-graph.ts'
export type * from './group-keys.ts'
export { OutdatedEpochsError } from './node-codec.ts'
export * from './outlived.ts'
export * from './stored-epochs.ts'
export * from './winner.ts'
