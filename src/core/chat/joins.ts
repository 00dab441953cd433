import {
  CappedMap,
  errorMessage,
  expectValue,
  fromHex,
  NotAllowedError,
  toHex,
  type Clock,
  type RandomBytes
} from '../bytes/index.ts'
import { loadGroupKeys, type KeyPackage, type OperationId, type RoomId } from '../encryption/index.ts'
import type { DisplayName, Identity, MemberId } from '../identity/index.ts'
import type { Storage } from '../log/index.ts'
import type { Network, PeerId } from '../network/index.ts'
import { decodeLink, type JoinLink } from './invite-link.ts'
import {
  attemptAsDevice,
  attemptByLink,
  prepareDevice,
  prepareJoin,
  type Admitted,
  type JoinAttempt
} from './joining/join-attempt.ts'
import type { JoinAnswer, Refusal } from './joining/join-codec.ts'
import { ASKED_AT_ONCE } from './joining/join-exchange.ts'
import { Joiner, type JoinState } from './joining/joiner.ts'
import type { Listeners } from './listeners.ts'
import type { NamedHint } from './own-room-hints.ts'
import type { PeerEvent, RoomSummary } from './peer.ts'
import { hasBeenIn, keyPackageRecords, UNPURGED } from './room/control-records.ts'
import type { DirectRecord, Joining, RoomRecord } from './room-records.ts'
import { Slots } from './slots.ts'

export interface JoinsDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  readonly identity: Identity
  readonly nick: () => DisplayName
  readonly events: Listeners<PeerEvent>
  readonly save: (record: RoomRecord) => Promise<void>
  /** The room's members have let this device in, and given it this. */
  readonly enter: (record: RoomRecord, given: Admitted) => Promise<void>
  /** Rendezvous secrets of a room that this device is in already; none of another. */
  readonly secretsOf: (room: RoomId) => readonly Uint8Array[]
  /** Notes by what such a room is asked for the way back, or that it is not any more. */
  readonly noteReturning: (room: RoomId, returning: Joining | undefined) => Promise<void>
}

interface Pending {
  readonly record: RoomRecord
  readonly attempt: JoinAttempt
  /** Undefined: it asks as a further device. */
  readonly invite: OperationId | undefined
  /** By which this device asks, into a room that is here already. */
  readonly returnsBy: OperationId | undefined
  /** Whether it is in there by what it knows. */
  readonly isIn: boolean
  joiner: Joiner | undefined
  refusal: Refusal | undefined
}

type NewRoom = Pick<RoomRecord, 'id' | 'name' | 'direct'>

const REFUSALS: Readonly<Record<Refusal, string>> = {
  expired: 'this invite has expired: ask for a new one',
  revoked: 'this invite was revoked: ask for a new one',
  'used-up': 'this invite was used as often as it could be: ask for a new one',
  banned: 'you were banned from this room',
  closed: 'this room was closed',
  'device-revoked': 'this device was taken out of the room',
  'not-allowed': 'nobody who was asked may let you in'
}
/** Peers: one that is forgotten too early answers some requests later. */
const MAX_ASKED = 1024
/** What a device whose clock is a little ahead of the others' would miss otherwise. */
const CLOCK_MARGIN = 5 * 60_000

/**
 * The private rooms into which this device has asked to be let. One that is here stays what it is meanwhile, whatever is answered: an invite
 * brings back who was away for so long that it meets nobody, or lets it in anew where it was removed.
 */
export class Joins {
  readonly #deps: JoinsDeps
  readonly #pending = new Map<RoomId, Pending>()
  readonly #slots = new CappedMap<PeerId, Slots>(MAX_ASKED)
  #network: Network | undefined

  constructor(deps: JoinsDeps) {
    this.#deps = deps
  }

  /**
   * Asks by this link, from now on for as long as it takes; resolves when that is durable. By the same link again it is the same request: an
   * answer to it may be under way, or wait at a keeper.
   */
  async begin(text: string, link: JoinLink, direct?: DirectRecord): Promise<RoomSummary> {
    const name = direct?.nick ?? link.name
    return this.#beginByLink({ id: link.roomId, name, ...(direct && { direct }) }, text, link, undefined)
  }

  /** The same for the way back into a room that is here, and stays what it is meanwhile. */
  async beginReturn(text: string, link: JoinLink): Promise<void> {
    await this.#beginByLink({ id: link.roomId, name: link.name }, text, link, link.invite)
  }

  async #beginByLink(room: NewRoom, text: string, link: JoinLink, returnsBy?: OperationId): Promise<RoomSummary> {
    const earlier = this.#pending.get(room.id)
    if (earlier?.invite === link.invite && earlier.returnsBy === returnsBy && earlier.refusal === undefined)
      return this.#askAgain(earlier)
    const keyPackage = await this.#newKeyPackage()
    const known = this.#deps.secretsOf(link.roomId)
    const attempt = await prepareJoin(link, this.#newcomer(keyPackage), this.#deps.random, known)
    if (!attempt.ok) throw new NotAllowedError(attempt.error)
    return this.#begin(room, { link: text }, { keyPackage, attempt: attempt.value, invite: link.invite, returnsBy })
  }

  /** Asks as a further device of a member who is in. */
  async beginAsDevice(hint: NamedHint): Promise<RoomSummary> {
    const keyPackage = await this.#newKeyPackage()
    const attempt = await prepareDevice(hint, this.#newcomer(keyPackage), this.#deps.random)
    const by = { meetings: hint.meetings.map(toHex), addresses: hint.addresses }
    return this.#begin(hint, by, { keyPackage, attempt, invite: undefined, returnsBy: undefined })
  }

  async #newKeyPackage(): Promise<KeyPackage> {
    const { certificate, deviceSeed } = this.#deps.identity
    const keys = await loadGroupKeys()
    return keys.createKeyPackage({ id: certificate.device, signingKey: deviceSeed })
  }

  #newcomer({ shown }: KeyPackage) {
    const { identity, nick } = this.#deps
    return { identity, keyPackage: shown, nick: nick() }
  }

  async #begin(
    { id, name, direct }: NewRoom,
    by: Pick<Joining, 'link' | 'meetings' | 'addresses'>,
    { keyPackage, ...asked }: Pick<Pending, 'attempt' | 'invite' | 'returnsBy'> & { readonly keyPackage: KeyPackage }
  ): Promise<RoomSummary> {
    const { storage, save, noteReturning, events } = this.#deps
    const store = storage.room(id)
    // One that it had before is overwritten.
    const unpurged = (await hasBeenIn(store.records)) ? [UNPURGED] : []
    await store.commit({ records: [...keyPackageRecords(keyPackage), ...unpurged] })
    const { attempt, returnsBy } = asked
    const joining = { ...by, request: toHex(attempt.request), answerSecret: toHex(attempt.answerSecret) }
    const of = { id, name, ...(direct && { direct }) }
    const record: RoomRecord = { ...of, kind: 'private', remembered: [] }
    await (returnsBy === undefined ? save({ ...record, joining }) : noteReturning(id, joining))
    this.#drop(id)
    const pending = this.#add(record, asked)
    events.emit({ event: 'room', room: id, change: 'joining' })
    return summaryOf(pending)
  }

  /** Goes on with what an earlier run began; with the way back into a room once that is here. */
  restore({ joining, returning, ...record }: RoomRecord): void {
    const asked = joining ?? returning
    if (asked === undefined) return
    const { link: text, meetings = [], addresses = [], request, answerSecret } = asked
    const [said, secret] = [bytesOf(request), bytesOf(answerSecret)]
    if (text === undefined) {
      const hint = { id: record.id, meetings: meetings.map(bytesOf), addresses }
      this.#add(record, { attempt: attemptAsDevice(hint, said, secret), invite: undefined, returnsBy: undefined })
      return
    }
    const link = decodeLink(text, 0)
    if (!link.ok || link.value.kind !== 'join') return
    const attempt = attemptByLink(link.value, said, secret, this.#deps.secretsOf(record.id))
    const { invite } = link.value
    this.#add(record, { attempt, invite, returnsBy: returning && invite })
  }

  goOnline(network: Network): void {
    this.#network = network
    for (const pending of this.#pending.values()) {
      this.#ask(pending)
      this.#tell(pending)
    }
  }

  stop(): void {
    this.#network = undefined
    for (const pending of this.#pending.values()) {
      pending.joiner?.stop()
      pending.joiner = undefined
    }
  }

  summaries(): RoomSummary[] {
    return [...this.#pending.values()].filter(({ returnsBy }) => returnsBy === undefined).map(summaryOf)
  }

  has(room: string): boolean {
    const pending = this.#pending.get(room as RoomId)
    return pending !== undefined && pending.returnsBy === undefined
  }

  /** By which invite this device asks for the way back into a room, and whether it is in there by what it knows. */
  returnsTo(room: RoomId): { readonly by: OperationId; readonly isIn: boolean } | undefined {
    const { returnsBy: by, isIn = false } = this.#pending.get(room) ?? {}
    return by && { by, isIn }
  }

  /** How far it is with that. */
  returningTo(room: RoomId): Pick<RoomSummary, 'returning' | 'waitsAt'> {
    const pending = this.#pending.get(room)
    return pending?.returnsBy === undefined ? {} : { returning: stateOf(pending), ...placesOf(pending) }
  }

  directs(): DirectRecord[] {
    return [...this.#pending.values()].flatMap(({ record }) => record.direct ?? [])
  }

  /** The direct conversation with this member into which this device asks to be let, unless they refused. */
  directWith(member: MemberId): RoomId | undefined {
    const all = [...this.#pending.values()]
    return all.find(({ record, refusal }) => record.direct?.member === member && refusal === undefined)?.record.id
  }

  /** Of a direct conversation into which this device asks to be let: with whom, and until when its link is good. */
  directOf(room: RoomId): DirectRecord | undefined {
    return this.#pending.get(room)?.record.direct
  }

  /** Asks no more. */
  forget(room: RoomId): void {
    this.#drop(room)
  }

  #add(record: RoomRecord, asked: Pick<Pending, 'attempt' | 'invite' | 'returnsBy'>): Pending {
    const isIn = this.#deps.secretsOf(record.id).length > 0
    const pending: Pending = { record, ...asked, isIn, joiner: undefined, refusal: undefined }
    this.#pending.set(record.id, pending)
    this.#ask(pending)
    return pending
  }

  #askAgain(pending: Pending): RoomSummary {
    pending.joiner?.stop()
    pending.joiner = undefined
    this.#ask(pending)
    this.#tell(pending)
    return summaryOf(pending)
  }

  #ask(pending: Pending): void {
    if (this.#network === undefined || pending.refusal !== undefined) return
    pending.joiner = new Joiner({
      network: this.#network,
      clock: this.#deps.clock,
      attempt: pending.attempt,
      slotsAt: peer => this.#slotsAt(peer),
      changed: state => this.#changed(pending, state)
    })
  }

  #changed(pending: Pending, state: JoinState): void {
    if (state.kind !== 'answered') return this.#tell(pending)
    void this.#answered(pending, state.answer).catch((thrown: unknown) => {
      // It is asked again with the next start.
      this.#deps.events.emit({ event: 'warning', code: 'not-stored', text: errorMessage(thrown) })
    })
  }

  async #answered(pending: Pending, answer: JoinAnswer): Promise<void> {
    const { storage, enter, clock, noteReturning } = this.#deps
    const { record, returnsBy } = pending
    if (answer.kind === 'refused') {
      pending.refusal = answer.reason
      if (returnsBy !== undefined) await noteReturning(record.id, undefined)
      this.#tell(pending)
      return
    }
    const readsOn =
      answer.contentKeys.size + answer.bodyKeys.size > 0 || (await hasBeenIn(storage.room(record.id).records))
    await enter({ ...record, ...(!readsOn && { since: clock.now() - CLOCK_MARGIN }) }, answer)
    // Who comes back is there when the room itself has told.
    if (returnsBy === undefined) this.#drop(record.id)
    else pending.joiner?.stop()
    this.#tell(pending)
  }

  #tell({ record }: Pending): void {
    this.#deps.events.emit({
      event: 'room',
      room: record.id,
      change: this.#pending.has(record.id) ? 'joining' : 'joined'
    })
  }

  #slotsAt(peer: PeerId): Slots {
    const slots = this.#slots.get(peer) ?? new Slots(ASKED_AT_ONCE)
    this.#slots.set(peer, slots)
    return slots
  }

  #drop(room: RoomId): void {
    this.#pending.get(room)?.joiner?.stop()
    this.#pending.delete(room)
  }
}

function bytesOf(hex: string): Uint8Array {
  return expectValue(fromHex(hex))
}

function stateOf({ joiner, refusal }: Pending): 'asking' | 'waiting' | { readonly refused: string } {
  if (refusal !== undefined) return { refused: REFUSALS[refusal] }
  const state = joiner?.state().kind ?? 'waiting'
  return state === 'waiting' ? state : 'asking'
}

function placesOf({ joiner, refusal }: Pending): Pick<RoomSummary, 'waitsAt'> {
  const state = joiner?.state()
  const isWaiting = state?.kind === 'waiting' && state.keepers > 0 && refusal === undefined
  return isWaiting ? { waitsAt: state.keepers } : {}
}

function summaryOf(pending: Pending): RoomSummary {
  const joining = stateOf(pending)
  const { id, name, direct } = pending.record
  return {
    id,
    name,
    kind: 'private',
    ...(direct && { direct: direct.member }),
    joining,
    ...placesOf(pending),
    members: 0,
    unread: 0,
    missing: 0,
    keepers: [],
    retention: 'forever'
  }
}
