import { equalBytes, NotAllowedError, toHex, type Clock } from '../bytes/index.ts'
import {
  sealSignedWords,
  verifySignedWords,
  type GroupKeys,
  type OperationId,
  type RoomId
} from '../encryption/index.ts'
import type { DeviceId, MemberId } from '../identity/index.ts'
import type { AdmittingRoom, OpenInvite } from './joining/admitting-room.ts'
import type { DeviceRequest } from './joining/device-request.ts'
import { MAX_BODY_KEYS, type JoinAnswer, type JoinRequest, type Refusal } from './joining/join-codec.ts'
import type { Membership } from './membership.ts'
import type { ControlLog } from './room/control-log.ts'
import type { Room } from './room/room.ts'

export interface AdmissionDeps {
  readonly roomId: RoomId
  readonly room: Room
  readonly membership: Membership
  readonly groupKeys: GroupKeys
  readonly clock: Clock
}

/** How this device lets newcomers into a private room. */
export class Admission implements AdmittingRoom {
  readonly roomId: RoomId
  readonly #deps: AdmissionDeps

  constructor(deps: AdmissionDeps) {
    this.#deps = deps
    this.roomId = deps.roomId
  }

  invites(): readonly OpenInvite[] {
    const { membership } = this.#deps
    if (!membership.mayAdmit()) return []
    const all = membership
      .invites()
      .filter(({ state }) => state !== 'expired')
      .toReversed()
    const [open, ended] = [all.filter(({ state }) => state === 'open'), all.filter(({ state }) => state !== 'open')]
    return [...open, ...ended].flatMap(({ id, expires, role }) => {
      const publicKey = this.#control.room.inviteKey(id as OperationId)
      return publicKey === undefined ? [] : [{ id: id as OperationId, publicKey, expires, role }]
    })
  }

  async takeInvite(words: Uint8Array): Promise<void> {
    const said = await verifySignedWords(this.roomId, words)
    if (!said.ok) return
    const { start, body } = said.value
    const control = this.#control
    const key = control.room.generation(toHex(start.epoch))?.controlKey
    const author = control.room.memberOf(body.device)
    const role = author && this.#deps.membership.access().members.get(author)?.role
    if (key === undefined || (role !== 'owner' && role !== 'admin')) return
    const entry = sealSignedWords(key, words)
    if (entry.ok) await this.#deps.membership.take(entry.value)
  }

  async admit(request: JoinRequest): Promise<JoinAnswer> {
    const { certificate, keyPackage, invite } = request
    const { member, device } = certificate
    const access = this.#deps.membership.access()
    if (access.removed.get(member)?.revoked.has(device) === true) return refused('device-revoked')
    // A further device needs no invite: the root's certificate is what lets it in.
    if (access.members.has(member)) return this.#admitDevice(request)
    const why = this.#whyNot(request) ?? (await this.#faultOf(request))
    const role = access.invites.get(invite)?.role
    if (why !== undefined || role === undefined) return refused(why ?? 'not-allowed')
    await this.#introduce(request)
    try {
      await this.#deps.membership.operate(control => control.admit(certificate, keyPackage, { role, invite }))
    } catch (thrown) {
      if (thrown instanceof NotAllowedError) return refused('not-allowed')
      throw thrown
    }
    return this.#handOver()
  }

  /** Before it is in: others are told of it by name, which is stored with that. */
  async #introduce({ certificate, nick }: DeviceRequest): Promise<void> {
    await this.#deps.room.introduce({ certificate: certificate.bytes, nick }, this.#deps.clock.now())
  }

  async admitDevice(request: DeviceRequest): Promise<JoinAnswer | undefined> {
    const { member } = request.certificate
    const access = this.#deps.membership.access()
    if (access.members.has(member)) return this.#admitDevice(request)
    const removed = access.removed.get(member)
    return removed && refused(removed.isBanned ? 'banned' : 'not-allowed')
  }

  deviceMeetings(): readonly Uint8Array[] {
    const { membership, clock } = this.#deps
    if (!membership.mayAdmit()) return []
    return this.#control.room.meetingGenerations(clock.now()).map(({ rendezvousSecret }) => rendezvousSecret)
  }

  /** It reads what its member could read, and what the room's policy gives everybody. */
  async #admitDevice(request: DeviceRequest): Promise<JoinAnswer> {
    const { membership } = this.#deps
    const { certificate, keyPackage } = request
    const { member, device } = certificate
    const known = membership.access().members.get(member)
    if (known === undefined) return refused('not-allowed')
    if (known.revoked.has(device)) return refused('device-revoked')
    if (!known.devices.has(device)) {
      if (!(await this.#isFit(certificate.device, keyPackage))) return refused('not-allowed')
      await this.#introduce(request)
      try {
        await membership.operate(control =>
          control.say({ kind: 'device', member, device }, { certificate, keyPackage })
        )
      } catch (thrown) {
        if (thrown instanceof NotAllowedError) return refused(membership.access().isClosed ? 'closed' : 'not-allowed')
        throw thrown
      }
    }
    return this.#handOver(member)
  }

  get #control(): ControlLog {
    const { control } = this.#deps.room.state
    if (control === undefined) throw new Error('an open room admits nobody')
    return control
  }

  #whyNot({ certificate, invite }: JoinRequest): Refusal | undefined {
    const { membership } = this.#deps
    const access = membership.access()
    if (access.isClosed) return 'closed'
    if (access.removed.get(certificate.member)?.isBanned === true) return 'banned'
    const state = membership.invites().find(({ id }) => id === invite)?.state
    return state === 'open' ? undefined : (state ?? 'not-allowed')
  }

  /** A key package lets a device in once: nobody is brought back by a request that somebody else says again. */
  async #faultOf({ certificate, keyPackage, invite, inviteKey }: JoinRequest): Promise<Refusal | undefined> {
    const { room } = this.#control
    const known = room.inviteKey(invite)
    if (known === undefined || !equalBytes(known, inviteKey)) return 'not-allowed'
    return (await this.#isFit(certificate.device, keyPackage)) ? undefined : 'not-allowed'
  }

  async #isFit(device: DeviceId, keyPackage: Uint8Array): Promise<boolean> {
    if (this.#control.room.keyPackages.isUsed(keyPackage)) return false
    const whose = await this.#deps.groupKeys.deviceOf(keyPackage)
    return whose.ok && whose.value === device
  }

  /** @param member who had been in before */
  async #handOver(member?: MemberId): Promise<JoinAnswer> {
    const { room } = this.#control
    const { history } = this.#deps.membership.access()
    const own = member === undefined ? [] : [...room.contentKeys(member)].toReversed()
    const shared = history === 'all' ? [...room.contentKeys()].toReversed() : []
    const newest = typeof history === 'number' ? Math.min(history, MAX_BODY_KEYS) : 0
    return {
      kind: 'admitted',
      generations: room.handing.generations(),
      contentKeys: new Map([...own, ...shared]),
      bodyKeys: await this.#deps.room.shown.bodyKeysOfNewest(newest)
    }
  }
}

function refused(reason: Refusal): JoinAnswer {
  return { kind: 'refused', reason }
}
