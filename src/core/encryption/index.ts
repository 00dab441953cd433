/** Who may read: the keys of a room by epoch, the sealed body, and where those who hold the keys meet. */
export * from './access/index.ts'
export * from './control-words.ts'
export {
  EPOCH_RECORDS,
  EPOCH_SECRETS,
  KEY_PACKAGE_SECRET,
  KEY_PACKAGE_SPENT,
  OutdatedEpochsError,
  StoredEpochs,
  type EpochId,
  type GroupKeys,
  type KeyPackage
} from './epochs/index.ts'
export * from './found-private-room.ts'
export * from './generation.ts'
export * from './handing-over-codec.ts'
export * from './load-group-keys.ts'
export * from './open-room.ts'
export * from './private-room.ts'
export * from './private-room-keys.ts'
export * from './rendezvous.ts'
export type * from './room-keys.ts'
export * from './sealed-entry.ts'
