/** The network port, and libp2p behind it. */
export type * from './network.ts'
export type * from './figures.ts'
export type * from './reach.ts'
export type { Libp2pNetworkOptions, PeerDiscoveryFactory } from './libp2p/options.ts'
export { createLibp2pNetwork } from './create-libp2p-network.ts'
export { parseMultiaddr } from './parse-multiaddr.ts'
export { pathOfAddress, peerOfAddress, relayOfAddress } from './libp2p/addresses.ts'
export * from './nat-kind.ts'
