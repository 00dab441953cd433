/** What users mean: rooms, messages, members, gaps, deliveries and links. The only layer that the edges call. */
export { MAX_TEXT_BYTES } from './room/content.ts'
export { peerEventOf } from './network-event.ts'
export { openKeeper, type Keeper, type KeeperFigures } from './keeper/keeper.ts'
export { openPeer } from './open-peer.ts'
export { reportPeers } from './peer-reports.ts'
export type * from './peer.ts'
export type * from './private-rooms.ts'
