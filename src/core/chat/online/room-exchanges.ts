import { concatBytes, expectValue, type Millis, type RandomBytes } from '../../bytes/index.ts'
import { decodeHandedOver, encodeHandedOver, type HandedOver, type Lacked } from '../../encryption/index.ts'
import { MAX_ENTRY_BYTES, type EntryId, type StoredEntry } from '../../log/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import type { Room } from '../room/room.ts'
import { exchange, type ExchangeRoom } from './exchange.ts'
import type { ExchangeKeys, ExchangeMessage, Hello } from './exchange-codec.ts'
import { answerFetch, storedEntryIn, type Fetch } from './fetching.ts'
import type { MeetingKeys, MeetingSecrets } from './meeting-secrets.ts'
import type { Presence } from './presence.ts'

export interface RoomExchangesDeps {
  readonly network: Network
  readonly random: RandomBytes
  readonly room: Room
  readonly presence: Presence
  readonly secrets: MeetingSecrets
  /** What a peer is to be asked under now. */
  readonly keysFor: (peer: PeerId) => MeetingKeys
  readonly answerHello: (hello: Hello, from: PeerId, keys: MeetingKeys) => Promise<Hello | undefined>
  readonly acknowledged: (from: PeerId, acknowledgement: Uint8Array) => Promise<void>
}

const EXCHANGE_TIMEOUT: Millis = 15_000

/** What this device asks other members of a room, and answers them. */
export class RoomExchanges implements ExchangeRoom {
  readonly #deps: RoomExchangesDeps
  readonly #abort = new AbortController()

  constructor(deps: RoomExchangesDeps) {
    this.#deps = deps
  }

  ask(peer: PeerId, message: ExchangeMessage, keys = this.#deps.keysFor(peer)): Promise<ExchangeMessage[]> {
    const { network, random } = this.#deps
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(EXCHANGE_TIMEOUT)])
    return exchange(network, random, keys, peer, message, signal)
  }

  async fetch(from: PeerId, ids: readonly EntryId[], context: number): Promise<StoredEntry[]> {
    const answers = await this.ask(from, { kind: 'fetch', ids, context })
    for (const answer of answers) if (answer.kind === 'introduce') await this.#deps.room.introduce(answer.profile, 0)
    return answers.flatMap(answer => storedEntryIn(answer) ?? [])
  }

  /** What the member has, and may give, of what is lacked here; rejects when it gives nothing. */
  async askFor(lacked: Lacked, from: PeerId): Promise<HandedOver> {
    const answers = await this.ask(from, { kind: 'lack', lacked })
    return expectValue(
      decodeHandedOver(concatBytes(answers.flatMap(each => (each.kind === 'hand-over' ? [each.part] : []))))
    )
  }

  stop(): void {
    this.#abort.abort()
  }

  exchangeKeys(): readonly MeetingKeys[] {
    return this.#deps.secrets.exchangeKeys()
  }

  async *answer(message: ExchangeMessage, from: PeerId, { tag }: ExchangeKeys): AsyncIterable<ExchangeMessage> {
    const { secrets, answerHello, acknowledged } = this.#deps
    if (message.kind === 'acknowledge' && this.#isHeard(from)) await acknowledged(from, message.acknowledgement)
    if (message.kind === 'fetch') yield* this.#answerFetch(message, from)
    if (message.kind === 'lack') yield* this.#handOver(message.lacked, from)
    const keys = secrets.keysWith(tag)
    if (message.kind !== 'hello' || keys === undefined) return
    const hello = await answerHello(message.hello, from, keys)
    if (hello !== undefined) yield { kind: 'hello', hello }
  }

  async *#answerFetch(fetch: Fetch, from: PeerId): AsyncIterable<ExchangeMessage> {
    if (!this.#isHeard(from)) return
    for await (const answer of answerFetch(this.#deps.room, fetch)) {
      // It may be in no more.
      if (!this.#isHeard(from)) return
      yield answer
    }
  }

  async *#handOver(lacked: Lacked, from: PeerId): AsyncIterable<ExchangeMessage> {
    const { room, presence } = this.#deps
    const present = presence.get(from)
    if (present?.member === undefined) return
    const handed = await room.handOver(present.device, lacked)
    if (handed === undefined || presence.get(from)?.device !== present.device) return
    const bytes = encodeHandedOver(handed)
    for (let at = 0; at < bytes.length; at += MAX_ENTRY_BYTES)
      yield { kind: 'hand-over', part: bytes.subarray(at, at + MAX_ENTRY_BYTES) }
  }

  /** Whoever knows an open room's name is in it. */
  #isHeard(peer: PeerId): boolean {
    return !this.#deps.room.keys.hasControl || this.#deps.presence.get(peer) !== undefined
  }
}
