import { expectValue, fromHex, systemRandom, toHex } from '../../src/core/bytes/index.ts'
import { loadSecrets } from '../../src/core/chat/identity-record.ts'
import { askOnce } from '../../src/core/chat/stored-secrets.ts'
import { saltOf } from '../../src/core/chat/room/authorship.ts'
import { encodeContent, MESSAGE_KIND } from '../../src/core/chat/room/content.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import {
  encodeClaim,
  epochIdOf,
  hashOf,
  noteOf,
  type GroupEpoch,
  type GroupKeys,
  type GroupState,
  type SaidClaim
} from '../../src/core/encryption/epochs/index.ts'
import {
  COMMIT_KIND,
  dayOf,
  decodeOperation,
  encodeOperation,
  generationId,
  gossipKeys,
  gossipTopic,
  loadGroupKeys,
  NOTHING_BESIDE,
  OPERATION_KIND,
  PrivateRoomKeys,
  reopenEntry,
  sealEntry,
  sealSignedWords,
  signedWordsOf,
  type Action,
  type EpochId,
  type Generation,
  type OperationContent,
  type OperationId,
  type PrivateRoom,
  type RoomId
} from '../../src/core/encryption/index.ts'
import {
  createIdentitySecrets,
  openIdentity,
  signingKey,
  type DeviceId,
  type DisplayName,
  type Identity,
  type MemberId
} from '../../src/core/identity/index.ts'
import {
  HIGHEST,
  isWhole,
  LOWEST,
  sealGossip,
  type Entry,
  type EntryId,
  type EntryStore,
  type HybridTime,
  type Storage
} from '../../src/core/log/index.ts'
import type { Verdict } from '../../src/core/network/index.ts'
import { madeUpId } from './mallory.ts'
import { memoryStorage } from './memory-storage.ts'
import type { Actor, Story } from './story.ts'
import type { VirtualPeer } from './virtual-network.ts'

/** What an entry of an insider says of itself; by default what an honest one would. */
interface Said {
  readonly sequence?: number
  readonly previous?: EntryId | undefined
  readonly clock?: HybridTime
}

/** A commit's entry, and the epoch that it begins. */
export interface Claimed {
  readonly entry: Entry
  readonly epoch: EpochId
}

interface MadeCommit extends Claimed {
  readonly state: GroupState
}

interface HowToCommit {
  readonly on?: Pick<MadeCommit, 'epoch' | 'state'>
  readonly keys?: GroupKeys
  /** Key packages. */
  readonly add?: readonly Uint8Array[]
  readonly remove?: readonly DeviceId[]
  readonly claims?: Partial<SaidClaim>
}

const ROOM_ENTRIES = 10_000

/** The same data in another place, as of now: what a member who means harm goes on with by hand, or puts back later. */
export async function copyOf(storage: Storage, room: string): Promise<Storage> {
  const copy = memoryStorage()
  const asChanges = (records: readonly (readonly [string, Uint8Array])[]) =>
    records.map(([name, value]) => ({ name, value }))
  await copy.records.write(asChanges(await storage.records.list('')))
  const [from, to] = [storage.room(room), copy.room(room)]
  const { control, chat } = from.sets
  const items = await Promise.all([control, chat].map(set => set.items(LOWEST, HIGHEST, ROOM_ENTRIES)))
  const entries = await from.load(items.flat().map(({ id }) => id))
  const shown = new Map<EntryId, Uint8Array>()
  for (const { id } of entries) {
    const note = await from.noteOf(id)
    if (note !== undefined) shown.set(id, note)
  }
  await to.commit({ entries, shown, records: asChanges(await from.records.list('')) })
  return copy
}

/**
 * Somebody with all that a member's device has, who speaks the room's protocol by hand: seals and signs as itself whatever it likes, by no
 * rule but the bytes'.
 */
export class Insider {
  readonly identity: Identity
  readonly room: PrivateRoom
  readonly #roomId: RoomId
  readonly #story: Story
  readonly #rootSeed: Uint8Array
  readonly #held: Room
  readonly #store: EntryStore
  #own: { readonly sequence: number; readonly id: EntryId | undefined }

  private constructor(
    story: Story,
    identity: Identity,
    rootSeed: Uint8Array,
    room: Room,
    keys: PrivateRoomKeys,
    store: EntryStore
  ) {
    this.#rootSeed = rootSeed
    this.#store = store
    this.#story = story
    this.identity = identity
    this.#held = room
    this.room = keys.room
    this.#roomId = keys.roomId
    this.#own = { sequence: 1000, id: undefined }
  }

  /** Has what the actor's device has now. */
  static async of(story: Story, actor: Actor, name = 'Loft'): Promise<Insider> {
    const { id } = actor.peer.findRoom(name)
    const storage = await copyOf(actor.storage, id)
    const { secrets } = await loadSecrets(storage.records, story.clock, systemRandom, askOnce(undefined))
    const identity = await openIdentity(secrets)
    const keys = new PrivateRoomKeys(id as RoomId, 'Loft' as DisplayName, story.clock)
    const control = { keys, groupKeys: await loadGroupKeys() }
    const store = storage.room(id)
    const nick = (): DisplayName => 'Mallory' as DisplayName
    const room = await Room.load({ keys, control, store, identity, nick, clock: story.clock, random: systemRandom })
    return new Insider(story, identity, secrets.rootSeed, room, keys, store)
  }

  /** Lets devices in that nobody has, each with a commit of its own, in the actor's own store: the actor is to be away. */
  static async admitMany(story: Story, { storage, peer }: Actor, count: number): Promise<void> {
    const roomId = peer.findRoom('Loft').id as RoomId
    const { secrets } = await loadSecrets(storage.records, story.clock, systemRandom, askOnce(undefined))
    const keys = new PrivateRoomKeys(roomId, 'Loft' as DisplayName, story.clock)
    const groupKeys = await loadGroupKeys()
    const shared = { identity: await openIdentity(secrets), clock: story.clock, random: systemRandom }
    const nick = (): DisplayName => 'Anna' as DisplayName
    const room = await Room.load({ ...shared, keys, control: { keys, groupKeys }, store: storage.room(roomId), nick })
    for (let made = 0; made < count; made += 1) {
      const { certificate, deviceSeed } = await openIdentity(createIdentitySecrets(systemRandom, story.clock.now()))
      const device = { id: certificate.device, signingKey: deviceSeed }
      const { shown } = await groupKeys.createKeyPackage(device)
      await room.operate(control => control.admit(certificate, shown, { role: 'member' }))
    }
    await room.close()
  }

  get member(): MemberId {
    return this.identity.certificate.member
  }

  /** By which members meet, as far as this one knows. */
  get generation(): Generation {
    const [first] = this.room.meetingGenerations(this.#story.clock.now())
    if (first === undefined) throw new Error('an insider without a generation')
    return first
  }

  /** An entry of this device that says anything of who may do what, allowed or not, standing above whatever it likes. */
  async operation(action: Action, more: Partial<OperationContent> & { said?: Said } = {}): Promise<Entry> {
    const { said = {}, ...rest } = more
    const content = encodeOperation({ ...NOTHING_BESIDE, parents: await this.heads(), action, ...rest })
    return this.control({ kind: OPERATION_KIND, content }, said)
  }

  /** An invite of its own. */
  async invite(more: Partial<OperationContent> = {}): Promise<Entry> {
    const { publicKey: inviteKey } = await signingKey(systemRandom(32))
    const expires = this.#story.clock.now() + 3_600_000
    return this.operation({ kind: 'invite', role: 'member', expires, uses: 1 }, { inviteKey, ...more })
  }

  /** Brings another device of its member, with a key package that is none. */
  async device(more: Partial<OperationContent> = {}): Promise<Entry> {
    const { certificate } = await openIdentity({
      ...createIdentitySecrets(systemRandom, this.#story.clock.now()),
      rootSeed: this.#rootSeed
    })
    const action = { kind: 'device', member: certificate.member, device: certificate.device } as const
    return this.operation(action, { certificate, keyPackage: systemRandom(300), ...more })
  }

  /** A control entry of any kind. */
  async control(words: { readonly kind: number; readonly content: Uint8Array }, said: Said = {}): Promise<Entry> {
    const { generation } = this
    const clock = said.clock ?? { ms: this.#story.clock.now(), counter: 0 }
    const epoch = generationId(generation)
    const start = { class: 'control', epoch, clock, extensions: [], salt: systemRandom(16) } as const
    const { sequence, id } = this.#own
    const body = { sequence: sequence + 1, previous: id ?? madeUpId(), parents: [], ...words, ...said }
    const room = { roomId: this.#roomId, contentKey: generation.controlKey }
    const entry = await sealEntry(room, this.identity.deviceKey, start, body)
    this.#own = { sequence: sequence + 1, id: entry.id }
    return entry
  }

  /** A message under an epoch that this device has the key of: that of now, unless it says another. */
  async message(text: string, said: Said & { readonly epoch?: EpochId } = {}): Promise<Entry> {
    const { epoch = this.sealingEpoch(), clock = { ms: this.#story.clock.now(), counter: 0 } } = said
    const contentKey = this.room.contentKey(epoch)
    if (contentKey === undefined) throw new Error('no key of this epoch')
    const { device } = this.identity.certificate
    const last = this.#held.state.book.get(device)?.last
    const sequence = said.sequence ?? (last?.sequence ?? 0) + 1
    const previous = 'previous' in said ? said.previous : sequence === 1 ? undefined : (last?.id ?? madeUpId())
    const opening = systemRandom(16)
    const salt = saltOf({ device, sequence, kind: MESSAGE_KIND, opening })
    const start = { class: 'chat', epoch: expectValue(fromHex(epoch)), clock, extensions: [], salt } as const
    const content = encodeContent({ kind: MESSAGE_KIND, text, opening })
    const body = { sequence, previous, parents: [], kind: MESSAGE_KIND, content }
    return sealEntry({ roomId: this.#roomId, contentKey }, this.identity.deviceKey, start, body)
  }

  /** Under which an honest device would seal now. */
  sealingEpoch(): EpochId {
    const epoch = this.room.sealingEpoch()
    if (epoch === undefined) throw new Error('an insider who may not seal')
    return epoch
  }

  /** All operations that this device has. */
  async operations(): Promise<(OperationContent & { readonly id: OperationId })[]> {
    const found: (OperationContent & { readonly id: OperationId })[] = []
    for (const entry of await this.controlEntries()) {
      const key = this.room.generation(toHex(entry.header.epoch))?.controlKey
      const body = key && reopenEntry(key, entry)
      const said = body?.kind === OPERATION_KIND ? await decodeOperation(body.content) : undefined
      if (said?.ok) found.push({ ...said.value, id: entry.id as string as OperationId })
    }
    return found
  }

  /** All commits that this device has, by time. */
  async commits(): Promise<Entry[]> {
    return (await this.controlEntries()).filter(entry => {
      const key = this.room.generation(toHex(entry.header.epoch))?.controlKey
      return key !== undefined && reopenEntry(key, entry).kind === COMMIT_KIND
    })
  }

  /** What an honest operation of now would stand above. */
  async heads(): Promise<OperationId[]> {
    const all = await this.operations()
    const known = new Set(all.flatMap(({ parents }) => parents))
    return all.map(({ id }) => id).filter(id => !known.has(id))
  }

  /** All that this device has of who may do what, by time. */
  async controlEntries(): Promise<Entry[]> {
    const items = await this.#store.sets.control.items(LOWEST, HIGHEST, ROOM_ENTRIES)
    return (await this.#store.load(items.map(({ id }) => id))).filter(isWhole)
  }

  /** Somebody's message, sealed once more: who signed it did so once. */
  async sealedAgain(id: string): Promise<Entry> {
    const { entry, key } = await this.#opened(id)
    const words = signedWordsOf(key, entry)
    if (words === undefined) throw new Error('no words to seal again')
    return expectValue(sealSignedWords(key, words))
  }

  /** What somebody said, as if this device had. */
  async claimed(id: string): Promise<Entry> {
    const { entry, key } = await this.#opened(id)
    const { device: _, ...body } = reopenEntry(key, entry)
    return sealEntry({ roomId: this.#roomId, contentKey: key }, this.identity.deviceKey, entry.header, body)
  }

  /** A commit on the epoch of now or on another of its own, that changes whom it likes, and claims what it likes. */
  async commit({ on, keys, add = [], remove = [], claims }: HowToCommit = {}): Promise<MadeCommit> {
    const scheme = keys ?? (await loadGroupKeys())
    const { epoch: parent, state: before } = on ?? this.tip()
    const cites = (await this.heads()).slice(0, 16)
    const { certificate, deviceSeed } = this.identity
    const device = { id: certificate.device, signingKey: deviceSeed }
    const change = { add, remove, note: noteOf(cites) }
    const { commit, welcome, state } = expectValue(await scheme.commit(before, device, change))
    const keyHash = hashOf(await scheme.secretFor(state, 'content'))
    const claim = { parent, cites, added: [], removed: remove, keyHash, commit, welcome, generation: undefined }
    return { ...(await this.claim({ ...claim, groupEpoch: state.epoch, ...claims })), state }
  }

  /** What it likes, claimed of any commit. */
  async claim(said: SaidClaim): Promise<Claimed> {
    const content = encodeClaim(said)
    const epoch = epochIdOf(this.identity.certificate.device, content)
    return { entry: await this.control({ kind: COMMIT_KIND, content }), epoch }
  }

  /** A commit that changes nobody, and is not what it claims in one respect. */
  async brokenCommit(broken: 'commit' | 'keyHash' | 'groupEpoch' | 'parent'): Promise<Entry> {
    const wrong = {
      commit: systemRandom(500),
      keyHash: madeUpId() as string,
      groupEpoch: toHex(systemRandom(16)) as GroupEpoch,
      parent: toHex(systemRandom(16)) as EpochId
    }
    return (await this.commit({ claims: { [broken]: wrong[broken] } })).entry
  }

  /** The epoch of now, with its state. */
  tip(): { readonly epoch: EpochId; readonly state: GroupState } {
    const epoch = this.sealingEpoch()
    const state = this.room.epochs()?.nodes.find(each => each.epoch === epoch)?.state
    if (state === undefined) throw new Error('an insider without a state')
    return { epoch, state }
  }

  async #opened(id: string): Promise<{ readonly entry: Entry; readonly key: Uint8Array }> {
    const entry = await this.#store.get(id as EntryId)
    const key = entry && this.room.contentKey(toHex(entry.header.epoch) as EpochId)
    if (entry === undefined || !isWhole(entry) || key === undefined) throw new Error('it is not here')
    return { entry, key }
  }

  /** Whether this device could read the entry, with all that it has. */
  canRead(entry: Entry): boolean {
    return this.room.contentKey(toHex(entry.header.epoch) as EpochId) !== undefined
  }

  /** Puts an entry into the topic under a generation's secret, its own newest unless another is named; what the member's validator says. */
  gossip(to: Actor, entry: Entry, from: VirtualPeer, generation = this.generation): Verdict {
    const day = dayOf(entry.header.clock.ms)
    const handler = to.network.topics.get(gossipTopic(generation.rendezvousSecret, day))
    const message = sealGossip(gossipKeys(generation.rendezvousSecret, day), { kind: 'entry', entry })
    const verdict = handler?.validate(message, from.self) ?? 'ignore'
    if (verdict === 'accept') handler?.deliver(message, from.self)
    return verdict
  }
}
