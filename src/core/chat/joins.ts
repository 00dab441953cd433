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
import { loadGroupKeys, type KeyPackage, type RoomId } from '../encryption/index.ts'
import type { DisplayName, Identity, MemberId } from '../identity/index.ts'
import type { Storage } from '../log/index.ts'
import type { Network, PeerId } from '../network/index.ts'
import { decodeLink, type JoinLink } from './invite-link.ts'
import { attemptAsDevice, attemptByLink, prepareDevice, prepareJoin, type JoinAttempt } from './joining/join-attempt.ts'
import type { JoinAnswer, Refusal } from './joining/join-codec.ts'
import { ASKED_AT_ONCE } from './joining/join-exchange.ts'
import { Joiner, type JoinState } from './joining/joiner.ts'
import type { Listeners } from './listeners.ts'
import type { NamedHint } from './own-room-hints.ts'
import type { PeerEvent, RoomSummary } from './peer.ts'
import { generationsRecord, handedBodiesRecord, handedOverRecord, keyPackageRecords } from './room/control-records.ts'
import type { DirectRecord, Joining, PendingRoom, RoomRecord } from './room-records.ts'
import { Slots } from './slots.ts'

export interface JoinsDeps {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: RandomBytes
  readonly identity: Identity
  readonly nick: () => DisplayName
  readonly events: Listeners<PeerEvent>
  readonly save: (record: RoomRecord) => Promise<void>
  /** The room's members have let this device in. */
  readonly enter: (record: RoomRecord) => Promise<void>
}

interface Pending {
  readonly record: PendingRoom
  readonly attempt: JoinAttempt
  joiner: Joiner | undefined
  refusal: Refusal | undefined
}

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

/** The private rooms into which this device has asked to be let. */
export class Joins {
  readonly #deps: JoinsDeps
  readonly #pending = new Map<RoomId, Pending>()
  readonly #slots = new CappedMap<PeerId, Slots>(MAX_ASKED)
  #network: Network | undefined

  constructor(deps: JoinsDeps) {
    this.#deps = deps
  }

  /** Asks by this link, from now on for as long as it takes; resolves when that is durable. */
  async begin(text: string, link: JoinLink, direct?: DirectRecord): Promise<RoomSummary> {
    const keyPackage = await this.#newKeyPackage()
    const attempt = await prepareJoin(link, this.#newcomer(keyPackage), this.#deps.random)
    if (!attempt.ok) throw new NotAllowedError(attempt.error)
    const room = { id: link.roomId, name: direct?.nick ?? link.name, ...(direct && { direct }) }
    return this.#begin(room, { link: text }, keyPackage, attempt.value)
  }

  /** Asks as a further device of a member who is in. */
  async beginAsDevice(hint: NamedHint): Promise<RoomSummary> {
    const keyPackage = await this.#newKeyPackage()
    const attempt = await prepareDevice(hint, this.#newcomer(keyPackage), this.#deps.random)
    const by = { meetings: hint.meetings.map(toHex), addresses: hint.addresses }
    return this.#begin(hint, by, keyPackage, attempt)
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
    { id, name, direct }: Pick<PendingRoom, 'id' | 'name' | 'direct'>,
    by: Pick<Joining, 'link' | 'meetings' | 'addresses'>,
    keyPackage: KeyPackage,
    attempt: JoinAttempt
  ): Promise<RoomSummary> {
    const { storage, save, events } = this.#deps
    await storage.room(id).commit({ records: keyPackageRecords(keyPackage) })
    const joining = { ...by, request: toHex(attempt.request), answerSecret: toHex(attempt.answerSecret) }
    const of = { id, name, ...(direct && { direct }) }
    const record: PendingRoom = { ...of, kind: 'private', remembered: [], joining }
    await save(record)
    this.#drop(id)
    const pending = this.#add(record, attempt)
    events.emit({ event: 'room', room: id, change: 'joining' })
    return summaryOf(pending)
  }

  /** Goes on with what an earlier run began. */
  restore(record: PendingRoom): void {
    const { link: text, meetings = [], addresses = [], request, answerSecret } = record.joining
    const [said, secret] = [bytesOf(request), bytesOf(answerSecret)]
    if (text === undefined) {
      const hint = { id: record.id, meetings: meetings.map(bytesOf), addresses }
      this.#add(record, attemptAsDevice(hint, said, secret))
      return
    }
    const link = decodeLink(text, 0)
    if (link.ok && link.value.kind === 'join') this.#add(record, attemptByLink(link.value, said, secret))
  }

  goOnline(network: Network): void {
    this.#network = network
    for (const pending of this.#pending.values()) this.#ask(pending)
  }

  stop(): void {
    this.#network = undefined
    for (const pending of this.#pending.values()) {
      pending.joiner?.stop()
      pending.joiner = undefined
    }
  }

  summaries(): RoomSummary[] {
    return [...this.#pending.values()].map(summaryOf)
  }

  has(room: string): boolean {
    return this.#pending.has(room as RoomId)
  }

  directs(): DirectRecord[] {
    return [...this.#pending.values()].flatMap(({ record }) => record.direct ?? [])
  }

  /** The direct conversation with this member into which this device asks to be let, unless they refused. */
  directWith(member: MemberId): RoomId | undefined {
    const all = [...this.#pending.values()]
    return all.find(({ record, refusal }) => record.direct?.member === member && refusal === undefined)?.record.id
  }

  /** Of a direct conversation into which this device asks to be let: with whom. */
  otherOf(room: RoomId): MemberId | undefined {
    return this.#pending.get(room)?.record.direct?.member
  }

  /** Asks no more. */
  forget(room: RoomId): void {
    this.#drop(room)
  }

  #add(record: PendingRoom, attempt: JoinAttempt): Pending {
    const pending: Pending = { record, attempt, joiner: undefined, refusal: undefined }
    this.#pending.set(record.id, pending)
    this.#ask(pending)
    return pending
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
    const { storage, enter, clock } = this.#deps
    const { id } = pending.record
    if (answer.kind === 'refused') {
      pending.refusal = answer.reason
      this.#tell(pending)
      return
    }
    await storage.room(id).commit({
      records: [
        generationsRecord(answer.generations),
        handedOverRecord(answer.contentKeys),
        handedBodiesRecord(answer.bodyKeys)
      ]
    })
    const { joining: _, ...record } = pending.record
    const since = answer.contentKeys.size + answer.bodyKeys.size === 0 ? { since: clock.now() - CLOCK_MARGIN } : {}
    await enter({ ...record, ...since })
    this.#drop(id)
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

function summaryOf({ record, joiner, refusal }: Pending): RoomSummary {
  const state = joiner?.state().kind
  const joining = refusal === undefined ? (state === 'asking' ? state : 'waiting') : { refused: REFUSALS[refusal] }
  const { id, name, direct } = record
  return {
    id,
    name,
    kind: 'private',
    ...(direct && { direct: direct.member }),
    joining,
    members: 0,
    unread: 0,
    missing: 0,
    keepers: [],
    retention: 'forever'
  }
}
