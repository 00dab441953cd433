import type { Clock, RandomBytes } from '../bytes/index.ts'
import type { Network } from '../network/index.ts'
import { JoinHost } from './joining/join-host.ts'
import { Apart, type RoomOfPeers } from './apart.ts'
import { KeeperAsks, type WantedRoom } from './keeper/keeper-asks.ts'
import { KeptPeers } from './kept-peers.ts'
import type { Listeners } from './listeners.ts'
import type { LiveRoom } from './live-room.ts'
import { serveRooms } from './online/serve-rooms.ts'
import type { PeerEvent } from './peer.ts'

export interface RoomsOnlineDeps {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly rooms: () => readonly LiveRoom[]
  readonly known: () => Iterable<RoomOfPeers>
  readonly events: Listeners<PeerEvent>
  readonly toKeep: () => WantedRoom[]
  /** Nobody answers where this peer was. */
  readonly failed: (peer: string) => void
}

/** What all rooms of this device do on the network together: keep up connections, ask keepers, let newcomers in, answer members. */
export class RoomsOnline {
  readonly network: Network
  readonly kept: KeptPeers
  readonly asks: KeeperAsks
  readonly host: JoinHost
  readonly apart: Apart
  readonly #endServing: () => void

  constructor(network: Network, { clock, random, events, rooms, known, toKeep, failed }: RoomsOnlineDeps) {
    this.network = network
    this.kept = new KeptPeers(network, failed)
    this.apart = new Apart(network, clock, events, known)
    this.asks = new KeeperAsks({ network, clock, rooms: toKeep })
    const admitting = () => rooms().flatMap(({ membership }) => membership?.admission ?? [])
    this.host = new JoinHost({ network, clock, random, rooms: admitting })
    this.#endServing = serveRooms(network, { random, clock, links: () => rooms().flatMap(({ link }) => link ?? []) })
  }

  stop(): void {
    this.kept.stop()
    this.apart.stop()
    this.asks.stop()
    this.host.stop()
    this.#endServing()
  }
}
