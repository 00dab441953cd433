import { every, toHex, type Clock, type Millis } from '../../bytes/index.ts'
import { DAY } from '../../encryption/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { LiveRoom } from '../live-room.ts'
import { Serial } from '../serial.ts'
import type { KeepAnswer, KeepAsk } from './keep-codec.ts'
import { askToKeep } from './keep-exchange.ts'

export interface KeeperAsksDeps {
  readonly network: Network
  readonly clock: Clock
  /** The rooms that this device wants kept now. */
  readonly rooms: () => readonly WantedRoom[]
}

export interface WantedRoom {
  /** The room, and its tag where it has one: by another tag it is another ask. */
  readonly key: string
  readonly ask: KeepAsk
  /** Keepers met in the room: they know it already. */
  readonly keepers: readonly PeerId[]
  readonly answered: (keeper: PeerId, answer: KeepAnswer) => void
}

/** How this room is to be kept: told by its tag where it has one, else by its name. */
export function wantedRoom(room: Pick<LiveRoom, 'keys' | 'link'>): WantedRoom {
  const { roomId, name, keeperTag } = room.keys
  if (keeperTag === undefined) {
    const keepers = room.link?.presence.keepers() ?? []
    // It says in the room itself what it has.
    return { key: roomId, ask: { kind: 'name', name }, keepers, answered: () => undefined }
  }
  return {
    key: `${roomId} ${toHex(keeperTag)}`,
    ask: { kind: 'tag', tag: keeperTag },
    keepers: room.link?.keepers?.all() ?? [],
    answered(keeper, answer) {
      // A relay that was connected before the room went online is asked before the room has its link.
      if (answer !== 'unknown') room.link?.keepers?.answered(keeper, answer === 'full', keeperTag)
    }
  }
}

interface Asked {
  /** When to ask for each room again. */
  readonly next: Map<string, Millis>
  /** One room at a time. */
  readonly turns: Serial
}

/** How often it is looked whom to ask: a room's tag may have changed. */
const LOOK_PERIOD: Millis = 10_000
/** Who had no space, did not answer or is no keeper is asked again after this. */
const RETRY_PERIOD: Millis = 10 * 60_000

/**
 * Asks connected peers to keep this device's rooms: each once a connection, and again after a day, by which a keeper knows
 * that the room is still wanted. Whoever is asked for an open room learns its name, and with it everything that is said:
 * therefore only those are asked that this device's user chose to meet others at, and those that are in the room already.
 */
export class KeeperAsks {
  readonly #deps: KeeperAsksDeps
  readonly #ends: readonly (() => void)[]
  readonly #abort = new AbortController()
  /** Bounded by connections, own rooms and the removals in these. */
  readonly #asked = new Map<PeerId, Asked>()

  constructor(deps: KeeperAsksDeps) {
    this.#deps = deps
    const { network, clock } = deps
    this.#ends = [
      every(clock, LOOK_PERIOD, () => this.look()),
      network.listen(event => {
        if (event.kind !== 'peer') return
        if (event.connection.path === 'none') this.#asked.delete(event.connection.peer)
        else this.look()
      })
    ]
    this.look()
  }

  /** Asks whoever is due to be asked. */
  look(): void {
    const { network, clock, rooms } = this.#deps
    const connected = new Set(network.peers().map(({ peer }) => peer))
    const chosen = network.chosen()
    for (const room of rooms()) {
      for (const peer of new Set([...chosen, ...room.keepers])) {
        const next = this.#asked.get(peer)?.next.get(room.key) ?? 0
        if (connected.has(peer) && next <= clock.now()) this.#plan(peer, room)
      }
    }
  }

  stop(): void {
    this.#abort.abort()
    for (const end of this.#ends) end()
  }

  #plan(peer: PeerId, room: WantedRoom): void {
    const asked = this.#asked.get(peer) ?? { next: new Map<string, Millis>(), turns: new Serial() }
    this.#asked.set(peer, asked)
    asked.next.set(room.key, this.#deps.clock.now() + RETRY_PERIOD)
    void asked.turns.run(async () => {
      const answer = await this.#ask(peer, room)
      if (answer !== undefined) room.answered(peer, answer)
      if (answer === 'kept') asked.next.set(room.key, this.#deps.clock.now() + DAY)
    })
  }

  async #ask(peer: PeerId, { key, ask }: WantedRoom): Promise<KeepAnswer | undefined> {
    const isWanted = this.#deps.rooms().some(each => each.key === key)
    if (this.#abort.signal.aborted || !isWanted) return undefined
    // Most peers are no keepers.
    return askToKeep(this.#deps.network, peer, ask, this.#abort.signal).catch(() => undefined)
  }
}
