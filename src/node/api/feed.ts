import { peerEventOf, type Peer, type PeerEvent } from '../../core/chat/index.ts'
import type { Network } from '../../core/network/index.ts'

/** The events of the contract; what else a peer tells its own screens stays inside. */
export type PublicEvent = Exclude<PeerEvent, { event: 'room' }>

/** Calls the listener for each event from now on, until the returned function is called. */
export type EventFeed = (listener: (event: PublicEvent) => void) => () => void

export function peerFeed(peer: Peer): EventFeed {
  return listener =>
    peer.listen(event => {
      if (event.event !== 'room') listener(event)
    })
}

/** A relay has no rooms; what happens to it happens on the network. */
export function networkFeed(network: Network): EventFeed {
  return listener =>
    network.listen(event => {
      const shown = peerEventOf(event)
      if (shown !== undefined) listener(shown)
    })
}
