import { systemClock, systemRandom } from '../../src/core/bytes/index.ts'
import { exchange } from '../../src/core/chat/online/exchange.ts'
import { sealExchange, type ExchangeMessage, type Role } from '../../src/core/chat/online/exchange-codec.ts'
import { createHello } from '../../src/core/chat/online/greeting.ts'
import { dayOf, exchangeKeys } from '../../src/core/encryption/index.ts'
import type { DisplayName, Identity } from '../../src/core/identity/index.ts'
import {
  LOWEST,
  SYNC_PROTOCOL,
  syncWith,
  type Entry,
  type EntryClass,
  type StoredEntry,
  type SyncReport
} from '../../src/core/log/index.ts'
import type { FrameStream, PeerId } from '../../src/core/network/index.ts'
import { MemorySet } from '../log/sync/memory-set.ts'
import { NOON } from './cast.ts'
import { DEN, generation } from './changing-room.ts'
import type { VirtualPeer } from './virtual-network.ts'

/** What a peer does that speaks the room's protocol by hand, under the secret of one generation. */
export class RawPeer {
  readonly network: VirtualPeer
  readonly #identity: Identity
  readonly #to: PeerId
  readonly #keys: ReturnType<typeof exchangeKeys>

  constructor(network: VirtualPeer, identity: Identity, to: PeerId, index: number) {
    this.network = network
    this.#identity = identity
    this.#to = to
    this.#keys = exchangeKeys(generation(index).rendezvous, dayOf(NOON))
  }

  get #direction() {
    return { from: this.network.self, to: this.#to }
  }

  ask(message: ExchangeMessage): Promise<ExchangeMessage[]> {
    return exchange(this.network, systemRandom, this.#keys, this.#to, message, AbortSignal.timeout(60_000))
  }

  /** @param signedFor the tag that the hello is signed for, if another than it is sealed under */
  async sayHello(said: { role?: Role; signedFor?: Uint8Array } = {}): Promise<ExchangeMessage[]> {
    const { role = 'member', signedFor = this.#keys.tag } = said
    const words = { role, nick: 'Mallory' as DisplayName, time: NOON }
    const hello = await createHello(this.#identity, { room: DEN, tag: signedFor }, this.#direction, words)
    return this.ask({ kind: 'hello', hello })
  }

  async openSync(): Promise<FrameStream> {
    const stream = await this.network.open(this.#to, SYNC_PROTOCOL)
    await stream.write(sealExchange(this.#keys, this.#direction, { kind: 'sync' }, systemRandom))
    return stream
  }

  /** Syncs with these entries; what came, and what each class came to. */
  async sync(
    entries: readonly Entry[] = [],
    classes: readonly EntryClass[] = ['control', 'chat']
  ): Promise<{ came: readonly StoredEntry[]; named: number; reports: SyncReport[] }> {
    const byId = new Map(entries.map(entry => [entry.id, entry]))
    const came: StoredEntry[] = []
    let named = 0
    const reports = await syncWith(
      await this.openSync(),
      {
        classes: classes.map(each => ({
          class: each,
          from: LOWEST,
          set: new MemorySet(
            entries.filter(({ header }) => header.class === each).map(({ id, header }) => ({ ms: header.clock.ms, id }))
          )
        })),
        load: async ids => ids.flatMap(id => byId.get(id) ?? []),
        async lacking(ids) {
          named += ids.length
          return [...ids]
        },
        async take(taken) {
          came.push(...taken)
          return taken.length
        },
        companionsOf: async () => [],
        takeCompanion: async () => undefined
      },
      systemClock
    )
    return { came, named, reports }
  }
}
