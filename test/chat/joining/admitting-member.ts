import { expectValue, toHex, type Clock, type RandomBytes } from '../../../src/core/bytes/index.ts'
import type { AdmittingRoom, OpenInvite } from '../../../src/core/chat/joining/admitting-room.ts'
import type { JoinAnswer, JoinRequest, Refusal } from '../../../src/core/chat/joining/join-codec.ts'
import type { JoinLink } from '../../../src/core/chat/invite-link.ts'
import type { EpochId, GroupKeys, KeyPackage } from '../../../src/core/encryption/epochs/index.ts'
import {
  decodeInvite,
  decodeSignedWords,
  foundPrivateRoom,
  generationId,
  openEntry,
  OPERATION_KIND,
  PrivateRoom,
  sealEntry,
  sealSignedWords,
  signedWordsOf,
  verifySignedWords,
  type ControlWords,
  type Generation,
  type OperationId,
  type PrivateRoomDeps,
  type Role,
  type RoomId
} from '../../../src/core/encryption/index.ts'
import {
  createIdentitySecrets,
  openIdentity,
  signingKey,
  type DisplayName,
  type Identity,
  type IdentitySecrets
} from '../../../src/core/identity/index.ts'
import type { Entry, EntryId } from '../../../src/core/log/index.ts'
import { NOON } from '../../support/cast.ts'
import { seededRandom } from '../../support/seeded-random.ts'

/** Of `create`: the id of its entry is the room's, so that its own signature cannot be over that. */
const NO_ROOM = '00'.repeat(32) as RoomId

export interface Someone extends PrivateRoomDeps {
  readonly identity: Identity
}

/** @param secrets of the device; those that follow from the seed by default */
export async function someone(keys: GroupKeys, seed: number, secrets?: IdentitySecrets): Promise<Someone> {
  const own = secrets ?? createIdentitySecrets(seededRandom(seed), NOON)
  const identity = await openIdentity(own)
  const { certificate } = identity
  const device = { id: certificate.device, signingKey: own.deviceSeed }
  const keyPackage: KeyPackage = await keys.createKeyPackage(device)
  return { keys, random: seededRandom(seed + 1000), device, certificate, keyPackage, identity }
}

interface Written {
  readonly entry: Entry
  readonly kind: number
  readonly content: Uint8Array
  readonly device: Identity['certificate']['device']
}

/** A member of a private room with a log of real sealed entries in memory: what `LiveRoom` is for the program. */
export class AdmittingMember implements AdmittingRoom {
  readonly roomId: RoomId
  readonly identity: Identity
  readonly room: PrivateRoom
  readonly log = new Map<EntryId, Written>()
  /** How often somebody was let in here, or tried to be. */
  asked = 0
  readonly #clock: Clock
  readonly #random: RandomBytes
  #sequence = 0
  #previous: EntryId | undefined

  private constructor(deps: Someone, clock: Clock, room: PrivateRoom) {
    this.#clock = clock
    this.#random = deps.random
    this.identity = deps.identity
    this.room = room
    this.roomId = room.id as string as RoomId
  }

  static async found(deps: Someone, clock: Clock): Promise<AdmittingMember> {
    const founding = await foundPrivateRoom(deps, { name: 'Loft', history: 'all' })
    const start = startOf(founding.generation, clock, deps.random)
    const seal = { roomId: NO_ROOM, contentKey: founding.generation.controlKey }
    const body = { ...founding.words, sequence: 1, previous: undefined, parents: [] }
    const entry = await sealEntry(seal, deps.identity.deviceKey, start, body)
    const id = entry.id as string as OperationId
    const member = new AdmittingMember(deps, clock, await founding.begin(id, clock.now()))
    member.#note({ entry, ...founding.words, device: deps.device.id })
    return member
  }

  /** Comes in with what was handed over, and reads the log of somebody who is in. */
  static async enter(deps: Someone, clock: Clock, answer: JoinAnswer, from: AdmittingMember): Promise<AdmittingMember> {
    if (answer.kind === 'refused') throw new Error(`refused: ${answer.reason}`)
    const room = new PrivateRoom(deps, from.room.id, answer)
    const member = new AdmittingMember(deps, clock, room)
    await member.hear(from)
    return member
  }

  invites(): readonly OpenInvite[] {
    const all = [...this.room.access().invites].toReversed().filter(([id]) => this.#whyNot(id) !== 'expired')
    const sorted = [...all.filter(([id]) => !this.#whyNot(id)), ...all.filter(([id]) => this.#whyNot(id))]
    return sorted.map(([id, { expires, role }]) => ({ id, expires, role, publicKey: this.#keyOf(id) }))
  }

  async takeInvite(words: Uint8Array): Promise<void> {
    const said = await verifySignedWords(this.roomId, words)
    if (!said.ok) return
    const { start, body } = said.value
    const author = [...this.room.access().members.values()].find(({ devices }) => devices.has(body.device))
    const generation = this.#generationOf(start.epoch)
    if (author === undefined || (author.role !== 'owner' && author.role !== 'admin') || generation === undefined) return
    await this.#take(expectValue(sealSignedWords(generation.controlKey, words)))
  }

  async admit(request: JoinRequest): Promise<JoinAnswer> {
    this.asked += 1
    const { certificate, keyPackage, invite } = request
    const { member, device } = certificate
    const access = this.room.access()
    const devices = access.members.get(member)?.devices
    if (devices?.has(device) === true) return this.#handOver()
    if (devices !== undefined) return refused('not-allowed')
    if (access.isClosed) return refused('closed')
    if (access.removed.get(member)?.isBanned === true) return refused('banned')
    const why = this.#whyNot(invite)
    if (why !== undefined) return refused(why)
    const said = access.invites.get(invite)
    if (said === undefined || toHex(this.#keyOf(invite)) !== toHex(request.inviteKey)) return refused('not-allowed')
    const words = this.room.admit(certificate, keyPackage, { role: said.role, invite })
    if (!words.ok) return refused('not-allowed')
    await this.write(words.value)
    await this.carryOut()
    return this.#handOver()
  }

  async admitDevice(): Promise<undefined> {
    return undefined
  }

  deviceMeetings(): readonly Uint8Array[] {
    return []
  }

  /** A link that admits, made here. */
  async invite(options: {
    role?: Role
    expires: number
    uses?: number
    addresses?: readonly string[]
  }): Promise<JoinLink> {
    const { role = 'member', expires, uses = Number.POSITIVE_INFINITY, addresses = [] } = options
    const seed = this.#random(32)
    const { publicKey: inviteKey } = await signingKey(seed)
    const entry = await this.write(expectValue(this.room.say({ kind: 'invite', role, expires, uses }, { inviteKey })))
    const words = signedWordsOf(this.#controlKey(entry.header.epoch), entry)
    const content = words && expectValue(decodeSignedWords(words)).body.content
    if (words === undefined || content === undefined) throw new Error('no words')
    const said = expectValue(decodeInvite(content))
    const { roomId } = this
    const invite = entry.id as string as OperationId
    return { kind: 'join', roomId, name: 'Loft' as DisplayName, seed, invite, words, said, addresses }
  }

  async write(words: ControlWords): Promise<Entry> {
    const generation = this.room.currentGeneration()
    if (generation === undefined) throw new Error('no generation')
    const start = startOf(generation, this.#clock, this.#random)
    const seal = { roomId: this.roomId, contentKey: generation.controlKey }
    const body = { ...words, sequence: this.#sequence + 1, previous: this.#previous, parents: [] }
    const entry = await sealEntry(seal, this.identity.deviceKey, start, body)
    this.#note({ entry, ...words, device: this.identity.certificate.device })
    if (words.kind === OPERATION_KIND) {
      const { device } = this.identity.certificate
      await this.room.take({ id: entry.id as string as OperationId, device, ...words }, this.#clock.now())
    }
    return entry
  }

  async carryOut(): Promise<void> {
    const own = await this.room.carryOut()
    if (own === undefined) return
    await this.write(own.words)
    await this.room.takeOwn(own, this.#clock.now())
  }

  /** Reads what another has. */
  async hear(other: AdmittingMember): Promise<void> {
    for (const { entry } of [...other.log.values()]) await this.#take(entry)
  }

  isIn(): boolean {
    return this.room.access().members.has(this.identity.certificate.member)
  }

  async #take(entry: Entry): Promise<void> {
    if (this.log.has(entry.id)) return
    const roomId = (entry.id as string) === this.roomId ? NO_ROOM : this.roomId
    const opened = await openEntry({ roomId, contentKey: this.#controlKey(entry.header.epoch) }, entry)
    if (!opened.ok || opened.value === 'newer') throw new Error('a control entry that does not open')
    const { kind, content, device } = opened.value
    this.#note({ entry, kind, content, device })
    await this.room.take({ id: entry.id as string as OperationId, kind, content, device }, this.#clock.now())
  }

  #note(written: Written): void {
    this.log.set(written.entry.id, written)
    if (written.device !== this.identity.certificate.device) return
    this.#sequence += 1
    this.#previous = written.entry.id
  }

  #handOver(): JoinAnswer {
    const epoch = this.room.sealingEpoch()
    const key = epoch && this.room.contentKey(epoch)
    const contentKeys = new Map<EpochId, Uint8Array>(epoch && key ? [[epoch, key]] : [])
    return { kind: 'admitted', generations: this.room.generations(), contentKeys, bodyKeys: new Map() }
  }

  #whyNot(id: OperationId): Refusal | undefined {
    const invite = this.room.access().invites.get(id)
    if (invite === undefined) return 'not-allowed'
    if (invite.expires <= this.#clock.now()) return 'expired'
    if (invite.isRevoked) return 'revoked'
    return invite.used >= invite.uses ? 'used-up' : undefined
  }

  #keyOf(id: OperationId): Uint8Array {
    const content = this.log.get(id as string as EntryId)?.content
    if (content === undefined) throw new Error('no such invite')
    return expectValue(decodeInvite(content)).key
  }

  #controlKey(epoch: Uint8Array): Uint8Array {
    return this.#generationOf(epoch)?.controlKey ?? new Uint8Array(32)
  }

  #generationOf(epoch: Uint8Array): Generation | undefined {
    return [...this.room.generations().values()].find(each => toHex(generationId(each)) === toHex(epoch))
  }
}

function refused(reason: Refusal): JoinAnswer {
  return { kind: 'refused', reason }
}

function startOf(generation: Generation, clock: Clock, random: RandomBytes) {
  const at = { ms: clock.now(), counter: 0 }
  return { class: 'control', epoch: generationId(generation), clock: at, extensions: [], salt: random(16) } as const
}
