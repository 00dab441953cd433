import { CappedMap, errorMessage, every, expectValue, fromHex, sha256, toHex, type Millis } from '../../bytes/index.ts'
import { dayOf, openRoom, type RoomId } from '../../encryption/index.ts'
import type { DisplayName, Identity } from '../../identity/index.ts'
import type { RecordStore } from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import { loadIdentity } from '../identity-record.ts'
import { MINUTE, RateLimit } from '../rate-limit.ts'
import { Listeners } from '../listeners.ts'
import { serveRooms } from '../online/serve-rooms.ts'
import type { PeerDeps } from '../open-peer.ts'
import type { PeerEvent } from '../peer.ts'
import { keyName } from '../room/devices.ts'
import { Serial } from '../serial.ts'
import { BlindRoom } from './blind-room.ts'
import type { KeepAnswer, KeepAsk } from './keep-codec.ts'
import { serveAsks } from './keep-exchange.ts'
import { Mailbox } from './mailbox.ts'
import { encodeLeaveAnswer, encodeLetters, type MailboxAsk } from './mailbox-codec.ts'
import { serveMailbox } from './mailbox-exchange.ts'
import { KeptRoom } from './kept-room.ts'
import { keptRoomStore, type KeptRoomRecord } from './kept-room-records.ts'
import { KeptRooms, type AnyKeptRoom } from './kept-rooms.ts'
import { blindSpace, mailboxSpace, roomSpace } from './quota.ts'

export interface KeeperDeps extends PeerDeps {
  /** Bytes for all rooms together. */
  readonly quota: number
}

/** Stores rooms whose members ask for it, so that what is said there waits for those who are away. */
export interface Keeper {
  figures(): KeeperFigures
  /** Why nothing can be stored now; undefined when all is well. */
  trouble(): string | undefined
  listen(listener: (event: KeeperWarning) => void): () => void
  goOnline(network: Network): void
  /** Stops keeping; the network and the storage stay the caller's to stop. */
  stop(): Promise<void>
}

export type KeeperWarning = Extract<PeerEvent, { event: 'warning' }>

export interface KeeperFigures {
  readonly rooms: number
  /** What is stored, and what may be. */
  readonly bytes: number
  readonly quota: number
}

/** Each costs topics, a provider record a day, and what is known of its devices in memory. */
const MAX_ROOMS = 256
/** More rooms than one member has; whoever asks for more in a day gives them out. */
const MAX_NEW_ROOMS_PER_ASKER = 32
const MAX_ASKERS = 4096
/** Of one peer in a minute: a member looks for 16 invites of each of its rooms. */
const MAX_MAIL_ASKS = 240
/** How often it is looked for rooms that nobody wants any more. */
const REVIEW_PERIOD: Millis = 3_600_000
const OWN_RECORDS = 'keeper/'

/** Opens the rooms that are kept in this store; `goOnline` adds the network. */
export async function openKeeper(deps: KeeperDeps): Promise<Keeper> {
  const identity = await loadIdentity(ownRecords(deps.storage.records), deps.clock, deps.random)
  const keeper = new LocalKeeper(deps, identity)
  await keeper.load()
  return keeper
}

/** Its identity is its own: a member may use the same data folder. */
function ownRecords(records: RecordStore): RecordStore {
  return {
    get: name => records.get(OWN_RECORDS + name),
    getMany: names => records.getMany(names.map(name => OWN_RECORDS + name)),
    async list(prefix) {
      const rows = await records.list(OWN_RECORDS + prefix)
      return rows.map(([name, value]) => [name.slice(OWN_RECORDS.length), value])
    },
    write: changes => records.write(changes.map(change => ({ ...change, name: OWN_RECORDS + change.name })))
  }
}

class LocalKeeper implements Keeper {
  readonly #deps: KeeperDeps
  readonly #identity: Identity
  readonly #events = new Listeners<KeeperWarning>()
  readonly #rooms: KeptRooms
  readonly #mailbox: Mailbox
  readonly #mailAsks: RateLimit
  readonly #changes = new Serial()
  /** How many new rooms a peer has asked for today. */
  readonly #asked = new CappedMap<PeerId, { readonly day: number; readonly count: number }>(MAX_ASKERS)
  /** Rooms of which it was told that they are full. */
  readonly #toldFull = new CappedMap<RoomId, true>(MAX_ROOMS)
  #trouble: string | undefined
  #network: Network | undefined
  #ends: readonly (() => void)[] = []

  constructor(deps: KeeperDeps, identity: Identity) {
    const { storage, clock, quota } = deps
    this.#deps = deps
    this.#identity = identity
    this.#rooms = new KeptRooms({ storage, open: record => this.#open(record) })
    this.#mailAsks = new RateLimit(clock, MAX_MAIL_ASKS, MINUTE)
    const space = mailboxSpace(quota, () => this.#rooms.bytes)
    this.#mailbox = new Mailbox({ records: ownRecords(storage.records), clock, space })
  }

  async load(): Promise<void> {
    await this.#rooms.load(this.#deps.clock.now())
    await this.#mailbox.load()
  }

  figures(): KeeperFigures {
    return { rooms: this.#rooms.size, bytes: this.#bytes, quota: this.#deps.quota }
  }

  trouble(): string | undefined {
    return this.#trouble
  }

  listen(listener: (event: KeeperWarning) => void): () => void {
    return this.#events.listen(listener)
  }

  goOnline(network: Network): void {
    if (this.#network !== undefined) throw new Error('this keeper is online already')
    const { random, clock } = this.#deps
    this.#network = network
    this.#ends = [
      serveRooms(network, {
        random,
        clock,
        links: () => this.#rooms.all().flatMap(room => (room instanceof KeptRoom ? (room.link ?? []) : [])),
        blind: () => this.#rooms.all().filter(room => room instanceof BlindRoom)
      }),
      serveAsks(network, (ask, asker) => this.#changes.run(() => this.#keep(ask, asker))),
      serveMailbox(network, async (ask, asker) =>
        this.#mailAsks.lets(asker) ? this.#changes.run(() => this.#answerMail(ask, asker)) : undefined
      ),
      every(clock, REVIEW_PERIOD, () => this.#review())
    ]
    for (const room of this.#rooms.all()) room.goOnline(network)
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) end()
    this.#network = undefined
    await this.#changes.run(async () => undefined)
    for (const room of this.#rooms.all()) await room.stop()
  }

  get #bytes(): number {
    return this.#rooms.bytes + this.#mailbox.bytes
  }

  async #answerMail(ask: MailboxAsk, asker: PeerId): Promise<Uint8Array | undefined> {
    if (ask.kind === 'look') return encodeLetters(await this.#mailbox.look(ask.tag))
    try {
      const answer = await this.#mailbox.leave(ask.tag, ask.letter, asker)
      this.#tellTrouble(undefined)
      return encodeLeaveAnswer(answer)
    } catch (thrown) {
      this.#tellTrouble(errorMessage(thrown))
      return undefined
    }
  }

  async #keep(ask: KeepAsk, asker: PeerId): Promise<KeepAnswer> {
    const record = recordOf(ask, this.#deps.clock.now())
    if (record === undefined) return 'unknown'
    if (!this.#rooms.has(record.id)) return this.#keepNew(record, asker)
    await this.#rooms.noteAsked(record.id, record.askedAt)
    return 'kept'
  }

  async #keepNew(record: KeptRoomRecord, asker: PeerId): Promise<KeepAnswer> {
    const network = this.#network
    if (network === undefined || this.#bytes >= this.#deps.quota || !this.#mayAsk(asker)) return 'full'
    if (this.#rooms.size >= MAX_ROOMS && !(await this.#rooms.dropEmpty(record.askedAt))) return 'full'
    const room = await this.#rooms.add(record)
    room?.goOnline(network)
    return room === undefined ? 'unknown' : 'kept'
  }

  #mayAsk(asker: PeerId): boolean {
    const day = dayOf(this.#deps.clock.now())
    const before = this.#asked.get(asker)
    const count = before?.day === day ? before.count + 1 : 1
    this.#asked.set(asker, { day, count })
    return count <= MAX_NEW_ROOMS_PER_ASKER
  }

  async #open({ id, name = '', tag }: KeptRoomRecord): Promise<AnyKeptRoom | undefined> {
    const { storage, clock, random, quota } = this.#deps
    const used = (): number => this.#bytes
    const stores = (trouble: string | undefined): void => this.#tellTrouble(trouble)
    const store = storage.room(keptRoomStore(id))
    if (tag !== undefined) {
      const space = blindSpace(quota, used, () => this.#tellFull(id))
      return BlindRoom.load({ tag: expectValue(fromHex(tag)), store, clock, space, stores })
    }
    const keys = openRoom(name)
    if (!keys.ok) return undefined
    const nick = keyName(this.#identity.certificate.member) as DisplayName
    const space = roomSpace(quota, used, () => this.#tellFull(id))
    const common = { clock, random, identity: this.#identity, nick: () => nick, store, space, stores }
    return KeptRoom.load({ ...common, keys: keys.value })
  }

  #review(): void {
    const reviewing = this.#changes.run(async () => {
      await this.#rooms.dropUnwanted(this.#deps.clock.now())
      await this.#mailbox.dropOld()
    })
    reviewing.catch((thrown: unknown) => this.#tellTrouble(errorMessage(thrown)))
  }

  #tellFull(id: RoomId): void {
    if (this.#toldFull.has(id)) return
    this.#toldFull.set(id, true)
    const text = `The room ${id.slice(0, 12)} is full here: what is beyond its quota is not kept.`
    this.#events.emit({ event: 'warning', code: 'full', text })
  }

  /** Said once, until something could be stored again. */
  #tellTrouble(trouble: string | undefined): void {
    const isNew = trouble !== undefined && this.#trouble === undefined
    this.#trouble = trouble
    if (isNew) this.#events.emit({ event: 'warning', code: 'not-stored', text: trouble })
  }
}

/** What is remembered of a room that is asked for; undefined for a name that names none. */
function recordOf(ask: KeepAsk, askedAt: Millis): KeptRoomRecord | undefined {
  // What stands in messages and names of folders must not tell the tag.
  if (ask.kind === 'tag') return { id: toHex(sha256(ask.tag)) as RoomId, tag: toHex(ask.tag), askedAt }
  const keys = openRoom(ask.name)
  return keys.ok ? { id: keys.value.roomId, name: keys.value.name, askedAt } : undefined
}
