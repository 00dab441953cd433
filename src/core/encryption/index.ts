/** Who may read: the keys of a room by epoch, the sealed body, and where those who hold the keys meet. */
export * from './open-room.ts'
export * from './rendezvous.ts'
export type * from './room-keys.ts'
export * from './sealed-entry.ts'
