import { every, NotAllowedError, toHex, UsageError, type Clock, type Millis, type RandomBytes } from '../bytes/index.ts'
import {
  MAX_NAMED_DEVICES,
  type Access,
  type GroupKeys,
  type HistoryPolicy,
  type LastKnown,
  type OperationId,
  type PrivateRoom,
  type PrivateRoomKeys,
  type Role
} from '../encryption/index.ts'
import type { DeviceCertificate, DeviceId, MemberId } from '../identity/index.ts'
import type { Entry } from '../log/index.ts'
import { Admission } from './admission.ts'
import type { Listeners } from './listeners.ts'
import type { Standings } from './online/standings.ts'
import { FEWEST_LETTERS, namedOrById } from './named-or-by-id.ts'
import type { PeerEvent, RoomSummary } from './peer.ts'
import type { InviteSummary } from './private-rooms.ts'
import type { Taken } from './room/intake.ts'
import type { Room } from './room/room.ts'

export interface MembershipDeps {
  readonly groupKeys: GroupKeys
  readonly keys: PrivateRoomKeys
  readonly room: Room
  readonly own: Pick<DeviceCertificate, 'member' | 'device'>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly events: Listeners<PeerEvent>
  readonly nickOf: (member: MemberId) => string
  /** Hands an own entry to whoever is online. */
  readonly publish: (entry: Entry) => Promise<void>
  /** Who is in, or by which keys they meet, is different now. */
  readonly changed: () => void
}

/** How often it is looked whether the keys lag behind who is in: whoever was to see to that may have gone. */
const LOOK_PERIOD: Millis = 20_000

/** Who is in a private room: tells what changes in that, and has this member's decisions carried out. */
export class Membership {
  /** How newcomers come in. */
  readonly admission: Admission
  readonly #deps: MembershipDeps
  #access: Access
  /** Whether the keys lagged behind when that was looked at last. */
  #isLagging = false

  constructor(deps: MembershipDeps) {
    this.#deps = deps
    this.#access = this.#room.access()
    const { keys, room, groupKeys, clock } = deps
    this.admission = new Admission({ roomId: keys.roomId, room, groupKeys, clock, membership: this })
  }

  get #self(): MemberId {
    return this.#deps.own.member
  }

  get #room(): PrivateRoom {
    return this.#deps.keys.room
  }

  access(): Access {
    return this.#room.access()
  }

  /** The other of the two whose direct conversation this is; undefined where this member is neither. */
  pairedWith(): MemberId | undefined {
    const { pair } = this.access()
    return pair?.includes(this.#self) === true ? pair.find(member => member !== this.#self) : undefined
  }

  /** As the room's link asks for it. */
  readonly standings: Standings = {
    standing: device => this.#standing(device),
    comeBack: groupInfo => this.operate(control => control.comeBack(groupInfo)),
    generationOf: epoch => this.#room.generation(toHex(epoch))?.rendezvousSecret,
    named: member => this.#tell(member, 'named')
  }

  /** Others to reach by what is said. */
  readonly audience = (): Set<MemberId> =>
    new Set([...this.access().members.keys()].filter(member => member !== this.#self))

  summary(): Pick<RoomSummary, 'kind' | 'members' | 'role' | 'history' | 'ended' | 'joining'> {
    const { members, history } = this.access()
    const ended = this.#ended()
    const role = ended === 'device-removed' ? undefined : members.get(this.#self)?.role
    // Let in, by the word of who did; the room itself has not told yet.
    const joining = role === undefined && ended === undefined ? { joining: 'asking' as const } : {}
    return {
      kind: 'private',
      members: members.size,
      history,
      ...(role && { role }),
      ...(ended && { ended }),
      ...joining
    }
  }

  invites(): InviteSummary[] {
    const now = this.#deps.clock.now()
    return [...this.access().invites].map(([id, { role, expires, uses, used, isRevoked }]) => ({
      id,
      role,
      expires,
      uses: Number.isFinite(uses) ? uses : null,
      used,
      state: isRevoked ? 'revoked' : expires <= now ? 'expired' : used >= uses ? 'used-up' : 'open'
    }))
  }

  /** Whether this invite is known here to count, or to have counted. */
  knows(invite: OperationId): boolean {
    return this.access().invites.has(invite)
  }

  /** Whether it is news to this member, who is in by what is known here. */
  isToReturnBy(invite: OperationId): boolean {
    return this.access().members.has(this.#self) && !this.knows(invite)
  }

  /** By which members met and meet, as far as is known here; none where this device is not in any more. */
  secretsIn(): Uint8Array[] {
    if (!this.access().members.has(this.#self) || this.#ended() !== undefined) return []
    return [...this.#room.generations().values()].map(({ rendezvousSecret }) => rendezvousSecret)
  }

  /** Whoever comes back had been removed, where it took letting it in anew. */
  tellIfLetIn(): void {
    if (!this.#room.isLetIn) return
    const { events, keys } = this.#deps
    const text = `You had been removed from ${keys.name} meanwhile: the invite has let you in again.`
    events.emit({ event: 'warning', code: 'removed-meanwhile', room: keys.roomId, text })
  }

  /** Whether this member may let others in who show an invite. */
  mayAdmit(): boolean {
    const { members, isClosed } = this.access()
    const role = members.get(this.#self)?.role
    return !isClosed && role !== undefined && role !== 'observer'
  }

  /** Takes in what somebody else said, and tells others. */
  async take(entry: Entry): Promise<void> {
    await this.#passOn(await this.#deps.room.accept([entry]))
  }

  /** The member of this name here, or of an id that begins so. */
  find(reference: string): MemberId {
    const all = [...this.access().members.keys()].map(member => ({ member, nick: this.#deps.nickOf(member) }))
    const [found, another] = namedOrById(all, reference)
    if (another !== undefined) throw new UsageError(`more than one member is called ${reference}: give the id`)
    if (found === undefined)
      throw new UsageError(`there is no member ${JSON.stringify(reference)} here: see \`room members\``)
    return found.member
  }

  /** With it go the invites by which somebody could be let in: whoever is removed may have passed them on, and an end is judged by who lets in. */
  remove(member: MemberId, bans: boolean): Promise<Taken> {
    const isOpen = ({ state, uses, used }: InviteSummary): boolean =>
      state === 'open' || (state === 'expired' && used < (uses ?? Number.POSITIVE_INFINITY))
    const open = this.invites().filter(isOpen)
    return this.operate(async control => {
      await control.say({ kind: 'remove', member, last: this.#lastOf(member), ...(bans && { bans }) })
      for (const { id } of open) {
        const isLeft = control.room.access().invites.get(id as OperationId)?.isRevoked === false
        if (isLeft) await control.say({ kind: 'revoke', invite: id as OperationId })
      }
    })
  }

  /** @param start of the device's id, or all of it */
  async removeDevice(member: MemberId, start: string): Promise<Taken> {
    const devices = [...(this.access().members.get(member)?.devices ?? [])]
    const [device, another] = start.length < FEWEST_LETTERS ? [] : devices.filter(each => each.startsWith(start))
    if (another !== undefined) throw new UsageError(`more than one device begins with ${start}: give more of its id`)
    if (device === undefined)
      throw new UsageError(`there is no such device: \`room members --json\` has their ids, of which 6 letters do`)
    if (device === this.#deps.own.device)
      throw new UsageError('this is the device you are at: take it out by another, or leave the room')
    const last = this.#lastOf(member).get(device) ?? 0
    return this.operate(control => control.say({ kind: 'revoke-device', member, device, last }))
  }

  async setRole(member: MemberId, role: Role): Promise<Taken> {
    if (member === this.#self && role !== 'owner') this.#mustLeaveAnOwner()
    const last = role === 'observer' ? { last: this.#lastOf(member) } : {}
    return this.operate(control => control.say({ kind: 'role', member, role, ...last }))
  }

  setPolicy(policy: { readonly name?: string; readonly history?: HistoryPolicy }): Promise<Taken> {
    return this.operate(control => control.say({ kind: 'policy', ...policy }))
  }

  /** @throws NotAllowedError where no other owner would be left */
  #mustLeaveAnOwner(): void {
    const owners = [...this.access().members].filter(([, { role }]) => role === 'owner')
    if (owners.length === 1 && owners[0]?.[0] === this.#self) {
      throw new NotAllowedError('you are the only owner of this room: make somebody else its owner first, or close it')
    }
  }

  /** Ends this member's own part; nobody else may be left without an owner. */
  async leave(): Promise<void> {
    const { members } = this.access()
    const self = this.#self
    if (!members.has(self) || members.size === 1 || this.#ended() !== undefined) return
    this.#mustLeaveAnOwner()
    await this.operate(control => control.say({ kind: 'remove', member: self, last: this.#lastOf(self) }))
  }

  /** Says something of who may do what; durable, and on its way to others, when it resolves. */
  async operate(say: Parameters<Room['operate']>[0]): Promise<Taken> {
    const taken = await this.#deps.room.operate(say)
    await this.#passOn(taken)
    return taken
  }

  async #passOn(taken: Taken): Promise<void> {
    this.took(taken)
    for (const entry of taken.control) await this.#deps.publish(entry)
  }

  /** Tells what is different since this was called before. */
  took({ control }: Taken): void {
    if (control.length === 0) return
    const [before, after] = [this.#access, this.access()]
    this.#access = after
    const { events, keys } = this.#deps
    for (const [member, { role, devices }] of after.members) {
      const was = before.members.get(member)
      if (was?.role !== role) this.#tell(member, was === undefined ? 'joined' : 'role')
      if (was !== undefined && !isSameSet(was.devices, devices)) this.#tell(member, 'devices')
    }
    for (const member of before.members.keys()) {
      if (!after.members.has(member)) this.#tell(member, this.#hasLeft(member) ? 'left' : 'removed')
    }
    const isSame = before.name === after.name && before.history === after.history && before.isClosed === after.isClosed
    if (!isSame) events.emit({ event: 'room', room: keys.roomId, change: 'settings' })
    events.emit({ event: 'room', room: keys.roomId, change: 'invites' })
    this.#deps.changed()
  }

  /** Carries out what nobody has carried out in a while; the returned function ends that. */
  watch(): () => void {
    return every(this.#deps.clock, LOOK_PERIOD, () => {
      const isLagging = this.#room.isCommitDue()
      const [share = 0] = this.#deps.random(1)
      // Not all at once: whose turn it is, is drawn.
      if (isLagging && this.#isLagging && share < 128) void this.operate(async () => undefined).catch(() => undefined)
      this.#isLagging = isLagging
    })
  }

  /** Whether a device belongs to a member, or to somebody who was one. */
  #standing(device: DeviceId): 'in' | 'out' | 'unknown' {
    const member = this.#room.memberOf(device)
    if (member === undefined) return 'unknown'
    return this.access().members.get(member)?.devices.has(device) === true ? 'in' : 'out'
  }

  #ended(): RoomSummary['ended'] {
    const access = this.access()
    const self = this.#self
    const removed = access.removed.get(self)
    if (removed !== undefined) return this.#hasLeft(self) ? 'left' : removed.isBanned ? 'banned' : 'removed'
    // Let in by what turned out not to count: an invite spent twice, or the word of somebody who was removed.
    if (!access.members.has(self) && this.#room.memberOf(this.#deps.own.device) !== undefined) return 'removed'
    if (access.members.get(self)?.revoked.has(this.#deps.own.device) === true) return 'device-removed'
    return access.isClosed ? 'closed' : undefined
  }

  #hasLeft(member: MemberId): boolean {
    return this.access().removed.get(member)?.isOwn === true
  }

  #lastOf(member: MemberId): LastKnown {
    const { book } = this.#deps.room.state
    const { devices = [], revoked = new Map() } = this.access().members.get(member) ?? {}
    const named = [...devices, ...revoked.keys()].slice(0, MAX_NAMED_DEVICES)
    return new Map(named.map(device => [device, book.get(device)?.last?.sequence ?? 0]))
  }

  #tell(member: MemberId, change: 'joined' | 'left' | 'removed' | 'role' | 'devices' | 'named'): void {
    const { events, keys, nickOf } = this.#deps
    events.emit({ event: 'member', room: keys.roomId, member, nick: nickOf(member), change })
  }
}

function isSameSet<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): boolean {
  return one.size === other.size && [...one].every(each => other.has(each))
}
