import type { Libp2pNetworkOptions } from './libp2p/options.ts'
import type { Network } from './network.ts'

/** Starts the network; libp2p, hundreds of modules, is loaded now and not by those who only name the types. */
export async function createLibp2pNetwork(options: Libp2pNetworkOptions): Promise<Network> {
  const { startNetwork } = await import('./libp2p/start-network.ts')
  return startNetwork(options)
}
