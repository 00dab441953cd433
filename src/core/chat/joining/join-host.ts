import { equalBytes, toHex, type Clock, type RandomBytes } from '../../bytes/index.ts'
import type { RoomId } from '../../encryption/index.ts'
import type { Network } from '../../network/index.ts'
import { Serial } from '../serial.ts'
import type { AdmittingRoom } from './admitting-room.ts'
import { isDeviceRequest, verifyDeviceRequest } from './device-request.ts'
import { deviceSecrets, inviteSecrets } from './invite-secrets.ts'
import { roomOfRequest, verifyJoinRequest, type JoinAnswer, type JoinRequest } from './join-codec.ts'
import { serveJoins } from './join-exchange.ts'
import { LetterRounds, type Judged } from './letter-rounds.ts'
import { MeetingPlaces } from './meeting-places.ts'
import { MINUTE, RateLimit } from '../rate-limit.ts'
import { sealAnswer } from './sealed-answer.ts'

export interface JoinHostDeps {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomBytes
  /** The private rooms that are online here now. */
  readonly rooms: () => readonly AdmittingRoom[]
}

/** Each costs a topic and a provider record a day. Older ones work still, where the newcomer finds a member otherwise. */
const MAX_MET_INVITES = 16
/** A newcomer asks again after 5, 10, 20 s; what is more is no newcomer. */
const MAX_OF_PEER = 12
/** A further device asks for each of its member's rooms, of which an export holds about as many. */
const MAX_OF_DEVICE = 64
/** One link in a large group's hands, or one member's devices; what the group's other members let in meanwhile comes on top. */
const MAX_OF_INVITE = 60

/**
 * A member's side of joining: answers those who come with an invite, for all rooms of this device, and is where they look for members.
 *
 * 1. Nothing is written, and no room is asked, before all signatures of a request hold.
 * 2. Who shows no invite of a room here, and is no device of a member's, is not told that it is here.
 * 3. A room lets one in at a time.
 */
export class JoinHost {
  readonly #deps: JoinHostDeps
  readonly #places: MeetingPlaces
  readonly #letters: LetterRounds
  readonly #endServing: () => void
  readonly #ofPeer: RateLimit
  readonly #ofDevice: RateLimit
  readonly #ofInvite: RateLimit
  /** Bounded by own rooms. */
  readonly #turns = new Map<RoomId, Serial>()

  constructor(deps: JoinHostDeps) {
    const { network, clock, random } = deps
    this.#deps = deps
    this.#ofPeer = new RateLimit(clock, MAX_OF_PEER, MINUTE)
    this.#ofDevice = new RateLimit(clock, MAX_OF_DEVICE, MINUTE)
    this.#ofInvite = new RateLimit(clock, MAX_OF_INVITE, MINUTE)
    this.#places = new MeetingPlaces(deps)
    this.#letters = new LetterRounds({ network, clock, random, judge: bytes => this.#judge(bytes) })
    this.#endServing = serveJoins(network, async (bytes, from) => {
      const limit = isDeviceRequest(bytes) ? this.#ofDevice : this.#ofPeer
      const judged = limit.lets(from) ? await this.#judge(bytes) : undefined
      return judged && sealAnswer(bytes, judged.request, judged.answer, random)
    })
    this.changed()
  }

  /** The rooms, or what invites are open in them, may have changed. */
  changed(): void {
    const invites = this.#deps.rooms().flatMap(room => room.invites().slice(0, MAX_MET_INVITES))
    const secrets = invites.map(({ publicKey }) => inviteSecrets(publicKey))
    this.#places.follow(secrets.map(({ rendezvous }) => rendezvous))
    const ofDevices = this.#deps.rooms().flatMap(room => room.deviceMeetings().map(deviceSecrets))
    this.#letters.follow([...secrets, ...ofDevices])
  }

  stop(): void {
    this.#endServing()
    this.#letters.stop()
    this.#places.stop()
  }

  /** What becomes of a request; undefined when it is none, or shows no invite of a room here. */
  async #judge(bytes: Uint8Array): Promise<Judged | undefined> {
    const id = roomOfRequest(bytes)
    const room = this.#deps.rooms().find(({ roomId }) => roomId === id)
    if (room === undefined) return undefined
    if (isDeviceRequest(bytes)) return this.#judgeDevice(room, bytes)
    const read = await verifyJoinRequest(bytes)
    if (!read.ok || !this.#ofInvite.lets(toHex(read.value.inviteKey))) return undefined
    const request = read.value
    const answer = await this.#turnOf(id).run(() => admit(room, request))
    return answer && { request, answer }
  }

  async #judgeDevice(room: AdmittingRoom, bytes: Uint8Array): Promise<Judged | undefined> {
    const read = await verifyDeviceRequest(bytes)
    if (!read.ok || !this.#ofInvite.lets(read.value.certificate.member)) return undefined
    const answer = await this.#turnOf(room.roomId).run(() => room.admitDevice(read.value))
    return answer && { request: read.value, answer }
  }

  #turnOf(id: RoomId): Serial {
    const turn = this.#turns.get(id) ?? new Serial()
    this.#turns.set(id, turn)
    return turn
  }
}

/** Undefined when the request shows no invite of this room. */
async function admit(room: AdmittingRoom, request: JoinRequest): Promise<JoinAnswer | undefined> {
  const find = () => room.invites().find(({ id }) => id === request.invite)
  if (find() === undefined) await room.takeInvite(request.words)
  const invite = find()
  if (invite !== undefined && !equalBytes(invite.publicKey, request.inviteKey)) return undefined
  const answer = await room.admit(request)
  const isNone = answer.kind === 'refused' && answer.reason === 'not-allowed' && invite === undefined
  return isNone ? undefined : answer
}
