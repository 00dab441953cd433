import { onTestFinished } from 'vitest'
import { ByteWriter, encodeUtf8, equalBytes, toHex, type Clock } from '../../src/core/bytes/index.ts'
import { KeeperAsks, wantedRoom } from '../../src/core/chat/keeper/keeper-asks.ts'
import { KeeperReceipts } from '../../src/core/chat/online/keeper-receipts.ts'
import type { Standing } from '../../src/core/chat/online/meeting.ts'
import { RoomLink } from '../../src/core/chat/online/room-link.ts'
import { serveRooms } from '../../src/core/chat/online/serve-rooms.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { sealEntry, type NamedRoom, type RoomId } from '../../src/core/encryption/index.ts'
import type { DisplayName, Identity, MemberId } from '../../src/core/identity/index.ts'
import type { Entry, EntryId, Storage, StoredEntry } from '../../src/core/log/index.ts'
import { identityOf } from './cast.ts'
import { memoryStorage } from './memory-storage.ts'
import { seededRandom } from './seeded-random.ts'
import type { Story } from './story.ts'
import type { VirtualPeer } from './virtual-network.ts'

/** What changes with a removal. */
export interface SealedGeneration {
  readonly controlEpoch: Uint8Array
  readonly controlKey: Uint8Array
  readonly chatEpoch: Uint8Array
  readonly contentKey: Uint8Array
  readonly rendezvous: Uint8Array
  readonly tag: Uint8Array
}

export const DEN = toHex(seededRandom(77)(32)) as RoomId

/** The room's generations, from 0, as far as anybody knows them. */
export function generation(index: number): SealedGeneration {
  const random = seededRandom(7000 + index)
  const [controlEpoch, controlKey, chatEpoch] = [random(16), random(32), random(16)]
  return { controlEpoch, controlKey, chatEpoch, contentKey: random(32), rendezvous: random(32), tag: random(32) }
}

/** Who may do what, as the tests' rooms say it: whoever is removed does not come to know the generation that begins with it. */
export interface ControlWords {
  readonly admit?: MemberId
  readonly remove?: MemberId
  /** Makes it as large as that. */
  readonly padding?: number
}

let nobodies = 0

/** A control entry of this generation, by a device that says nothing else. */
export async function writeControl(index: number, words: ControlWords, ms: number): Promise<Entry> {
  nobodies += 1
  const author = await identityOf(90_000 + nobodies)
  const { controlEpoch, controlKey } = generation(index)
  const text = encodeUtf8(JSON.stringify({ ...words, padding: 'x'.repeat(words.padding ?? 0) }))
  const content = new ByteWriter().u8(1).longBytes(text).u8(128).longBytes(author.certificate.bytes).finish()
  const start = {
    class: 'control',
    epoch: controlEpoch,
    clock: { ms, counter: 0 },
    extensions: [],
    salt: seededRandom(nobodies)(16)
  } as const
  const body = { sequence: 1, previous: undefined, parents: [], kind: 16, content }
  return sealEntry({ roomId: DEN, contentKey: controlKey }, author.deviceKey, start, body)
}

interface Options {
  /** Who is in, as far as this device knows when it comes. */
  readonly members: readonly MemberId[]
  /** The newest generation that it knows. */
  readonly known?: number
  readonly storage?: Storage
  readonly clock?: Clock
  /** Does not say when it knows more of who is in. */
  readonly isSilent?: boolean
  /** PeerIds decide who begins. */
  readonly peer?: string
}

/** A device in a room whose secrets change. */
export class ChangingMember {
  readonly identity: Identity
  readonly network: VirtualPeer
  readonly storage: Storage
  readonly room: Room
  readonly link: RoomLink
  /** The newest generation that is known here. */
  known: number
  readonly standings: Map<MemberId, Standing>
  /** Everybody whom it met, in order. */
  readonly met: (MemberId | undefined)[] = []
  readonly gone: (MemberId | undefined)[] = []
  readonly kept: string[] = []
  readonly #isSilent: boolean
  readonly #stop: () => Promise<void>

  private constructor(story: Story, identity: Identity, room: Room, network: VirtualPeer, options: Options) {
    const { members, known = 0, clock = story.clock, storage = memoryStorage() } = options
    const random = seededRandom(network.self.length + known)
    this.identity = identity
    this.network = network
    this.storage = storage
    this.room = room
    this.known = known
    this.#isSilent = options.isSilent === true
    this.standings = new Map(members.map(member => [member, 'in']))
    this.link = new RoomLink({
      role: () => 'member',
      standing: (_, member) => this.standings.get(member) ?? 'unknown',
      generationOf: epoch => this.#generationOf(epoch)?.rendezvous,
      comeBack: async () => undefined,
      named: () => undefined,
      network,
      room,
      identity,
      clock,
      ownTime: () => clock.now(),
      random,
      nick: () => network.self as string as DisplayName,
      take: entries => this.take(entries),
      settled: () => undefined,
      caughtUp: () => undefined,
      acknowledged: async () => undefined,
      receipts: new KeeperReceipts(),
      kept: keeper => this.kept.push(keeper),
      clocksHeard: () => undefined,
      met: ({ member }) => this.met.push(member),
      gone: member => this.gone.push(member)
    })
    const end = serveRooms(network, { random, clock, links: () => [this.link] })
    const asks = new KeeperAsks({ network, clock, rooms: () => [wantedRoom({ keys: room.keys, link: this.link })] })
    this.#stop = async () => {
      asks.stop()
      end()
      this.link.stop()
      await room.close()
      await network.stop()
    }
  }

  static async enter(story: Story, identity: Identity, name: string, options: Options): Promise<ChangingMember> {
    const { clock = story.clock, storage = memoryStorage(), peer = name } = options
    const network = story.network.peer(peer)
    const view: { member?: ChangingMember } = {}
    const knownHere = (): number => view.member?.known ?? options.known ?? 0
    const keys = keysOf(name, knownHere)
    const random = seededRandom(name.length * 31)
    const deps = { keys, store: storage.room(DEN), identity, nick: () => name as DisplayName, clock, random }
    const room = await Room.load(deps)
    const member = new ChangingMember(story, identity, room, network, { ...options, storage })
    view.member = member
    for (const id of story.network.chosen) {
      const other = story.network.find(id)
      if (other !== undefined) story.network.connect(network, other)
    }
    onTestFinished(() => member.stop())
    return member
  }

  get member(): MemberId {
    return this.identity.certificate.member
  }

  async say(text: string): Promise<EntryId> {
    const { own } = await this.room.write(text)
    await this.link.publish(own)
    return own.entry.id
  }

  /** Says something of who is in: a removal is sealed under the generation that ends with it. */
  async control(words: ControlWords, ms: number, index = this.known): Promise<Entry> {
    const entry = await writeControl(index, words, ms)
    await this.take([entry])
    await this.link.publishControl(entry)
    return entry
  }

  async texts(): Promise<string[]> {
    return (await this.room.shown.newest(1000)).toReversed().map(({ text }) => text)
  }

  has(id: EntryId): Promise<boolean> {
    return this.storage.room(DEN).has(id)
  }

  /** Whether this member is present here. */
  sees(other: ChangingMember): boolean {
    return this.link.presence.has(other.member)
  }

  async take(entries: readonly StoredEntry[]) {
    const taken = await this.room.accept(entries)
    for (const { entry, body } of taken.stored) if (entry.header.class === 'control') this.#apply(entry, body.content)
    return taken
  }

  stop(): Promise<void> {
    return this.#stop()
  }

  #generationOf(epoch: Uint8Array): SealedGeneration | undefined {
    return knownUpTo(this.known).find(({ controlEpoch }) => equalBytes(controlEpoch, epoch))
  }

  #apply(entry: Entry, content: Uint8Array): void {
    const length = new DataView(content.buffer, content.byteOffset).getUint32(1)
    const words = JSON.parse(new TextDecoder().decode(content.subarray(5, 5 + length))) as ControlWords
    if (words.admit !== undefined && this.standings.get(words.admit) !== 'out') this.standings.set(words.admit, 'in')
    if (words.remove !== undefined) {
      this.standings.set(words.remove, 'out')
      const index = knownUpTo(this.known).findIndex(each => equalBytes(each.controlEpoch, entry.header.epoch))
      if (words.remove !== this.member) this.known = Math.max(this.known, this.known - index + 1)
      this.link.secretsChanged()
    }
    if (!this.#isSilent) this.link.standingsChanged()
  }
}

/** Newest first. */
function knownUpTo(newest: number): SealedGeneration[] {
  return Array.from({ length: newest + 1 }, (_, index) => generation(newest - index))
}

function keysOf(name: string, known: () => number): NamedRoom {
  return {
    name: name as DisplayName,
    roomId: DEN,
    hasControl: true,
    get keeperTag() {
      return generation(known()).tag
    },
    rendezvousSecrets: () => [generation(known()).rendezvous, ...knownUpTo(known() - 1).map(each => each.rendezvous)],
    epochs: {
      current: () => generation(known()).chatEpoch,
      contentKey(entryClass, epoch) {
        const all = knownUpTo(known())
        if (entryClass === 'control') return all.find(each => equalBytes(each.controlEpoch, epoch))?.controlKey
        return all.find(each => equalBytes(each.chatEpoch, epoch))?.contentKey
      }
    }
  }
}
