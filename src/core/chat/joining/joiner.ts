import { CappedMap, type Clock, type Millis } from '../../bytes/index.ts'
import type { Network, NetworkEvent, PeerId } from '../../network/index.ts'
import { Alarm } from '../alarm.ts'
import type { Slots } from '../slots.ts'
import type { JoinAttempt } from './join-attempt.ts'
import type { JoinAnswer } from './join-codec.ts'
import { askToJoin } from './join-exchange.ts'
import { MeetingPlaces } from './meeting-places.ts'
import { openAnswer } from './sealed-answer.ts'
import { WaitingRequest } from './waiting-request.ts'

export interface JoinerDeps {
  readonly network: Network
  readonly clock: Clock
  readonly attempt: JoinAttempt
  /** For all that this device asks to come into: each who is asked answers so many of its requests at a time. */
  readonly slotsAt: (peer: PeerId) => Slots
  readonly changed: (state: JoinState) => void
}

/**
 * `asking`: somebody is there, or there was no time to find anybody yet. `waiting`: nobody is there who answers; the request waits at so
 * many keepers.
 */
export type JoinState =
  | { readonly kind: 'asking' }
  | { readonly kind: 'waiting'; readonly keepers: number }
  | { readonly kind: 'answered'; readonly answer: JoinAnswer }

interface Candidate {
  readonly failures: number
  readonly next: Millis
  readonly isAsked: boolean
}

/** Peers who hold the link, too, could be many. */
const MAX_CANDIDATES = 256
/** Who did not answer is asked again after this, then twice as long each time. */
const FIRST_RETRY: Millis = 5000
const LAST_RETRY: Millis = 5 * 60_000
/** Two who are asked at once both let the newcomer in, which uses the invite twice: so the next is asked only when the first is slow. */
const TURN: Millis = 2000
/** A refusal is believed once nobody has let the newcomer in for so long. */
const REFUSAL_GRACE: Millis = 4000
/** Connecting to the first peer takes that long: before, it is too early to say that nobody is there. */
const PATIENCE: Millis = 10_000
/** With no answer by then the request is left at keepers, whoever else seems to be there. */
const LONG: Millis = 30_000

const NEW: Candidate = { failures: 0, next: 0, isAsked: false }

/**
 * A newcomer's side of joining: looks for members at the link's addresses and where the invite's members meet, and asks one after the
 * other until one answers, for ever.
 *
 * 1. Whoever holds the link can be there and answer. That a room lets in is believed only with the key that the invite was sealed with
 *    (`isGenuine`).
 * 2. A refusal has no such proof, and whoever gives it may have an old state or a wrong clock: it counts when nobody lets the newcomer in for
 *    a few seconds after it. Of several the first is told.
 * 3. 'not-allowed' says that this one member may not decide: others are asked, as if it had not answered.
 *
 * Connections are kept until `stop`, so that the room can go on with them. The same attempt may be made again, by another `Joiner`: after a
 * restart, or when an answer turns out to lead nowhere.
 */
export class Joiner {
  readonly #deps: JoinerDeps
  readonly #abort = new AbortController()
  readonly #places: MeetingPlaces
  readonly #addressed: ReadonlySet<string>
  /** Addresses of those that members are reached through: where a request may wait. */
  readonly #relays: readonly string[]
  readonly #candidates = new CappedMap<PeerId, Candidate>(MAX_CANDIDATES)
  readonly #alarm: Alarm
  readonly #waiting: WaitingRequest
  readonly #ends: readonly (() => void)[]
  #state: JoinState = { kind: 'asking' }
  #refusal: JoinAnswer | undefined
  #isEarly = true
  #hasTakenLong = false
  #isTurnTaken = false
  #keepers = 0

  constructor(deps: JoinerDeps) {
    const { network, clock, attempt } = deps
    const { addresses, meetings, isAtRoom } = attempt
    const byPeer = Map.groupBy(addresses, peerOf)
    this.#deps = deps
    this.#addressed = new Set(byPeer.keys())
    this.#relays = [...new Set(addresses.flatMap(relayOf))]
    this.#alarm = new Alarm(clock, () => this.#askNext())
    this.#places = new MeetingPlaces({ network, clock, isAtRoom, joined: peer => this.#turnUp(peer) })
    this.#places.follow(meetings.map(({ rendezvous }) => rendezvous))
    this.#waiting = new WaitingRequest({
      ...deps,
      named: new Set([...this.#addressed, ...this.#relays.map(peerOf)]),
      // A member who finds it lets in without asking whether another has: so not while one may be about to answer.
      leaves: () => this.#state.kind === 'waiting' || this.#hasTakenLong,
      found: sealed => this.#take(sealed),
      kept: keepers => {
        this.#keepers = keepers
        this.#tell()
      }
    })
    this.#ends = [
      network.listen(event => this.#hear(event)),
      clock.after(PATIENCE, () => this.#noLongerEarly()),
      clock.after(LONG, () => this.#takesLong()),
      ...[...byPeer.values(), ...this.#relays.map(relay => [relay])].map(each => network.keep(each))
    ]
  }

  state(): JoinState {
    return this.#state
  }

  stop(): void {
    this.#end()
    for (const end of this.#ends) end()
  }

  #hear(event: NetworkEvent): void {
    if (event.kind === 'woke') {
      for (const peer of this.#candidates.keys()) this.#candidates.set(peer, NEW)
      this.#askNext()
    }
    if (event.kind !== 'peer') return
    const { peer, path } = event.connection
    if (path === 'none') this.#forget(peer)
    else if (this.#addressed.has(peer)) this.#turnUp(peer)
  }

  #turnUp(peer: PeerId): void {
    if (!this.#candidates.has(peer)) this.#candidates.set(peer, NEW)
    this.#askNext()
  }

  #forget(peer: PeerId): void {
    this.#candidates.delete(peer)
    this.#tell()
  }

  /** Asks, of those who are due, one who has not failed yet, if there is one: whoever else has the link cannot crowd out a member. */
  #askNext(): void {
    this.#tell()
    if (this.#abort.signal.aborted || this.#isTurnTaken) return
    const now = this.#deps.clock.now()
    const due = [...this.#candidates].filter(([, { isAsked, next }]) => !isAsked && next <= now)
    const [first] = due.toSorted(([, a], [, b]) => a.failures - b.failures)
    if (first === undefined) return this.#setAlarm()
    void this.#takeTurn(...first).finally(() => {
      this.#isTurnTaken = false
      this.#askNext()
    })
  }

  /** Resolves when the next may be asked. */
  async #takeTurn(peer: PeerId, candidate: Candidate): Promise<void> {
    this.#isTurnTaken = true
    this.#candidates.set(peer, { ...candidate, isAsked: true })
    const { promise, resolve } = Promise.withResolvers<void>()
    let cancel = (): void => undefined
    const ask = (): Promise<void> => {
      cancel = this.#deps.clock.after(TURN, resolve)
      return this.#ask(peer)
    }
    void this.#deps.slotsAt(peer).run(ask).finally(resolve)
    await promise
    cancel()
  }

  async #ask(peer: PeerId): Promise<void> {
    const { network, attempt } = this.#deps
    const sealed = await askToJoin(network, peer, attempt.request, this.#abort.signal).catch(() => undefined)
    if (this.#abort.signal.aborted) return
    if (sealed === undefined || !this.#take(sealed)) this.#failed(peer)
  }

  /** Whether it is an answer. */
  #take(sealed: Uint8Array): boolean {
    const { isGenuine, request, answerSecret } = this.#deps.attempt
    const answer = openAnswer(request, answerSecret, sealed)
    if (answer === undefined || this.#abort.signal.aborted) return false
    if (answer.kind === 'admitted') {
      if (!isGenuine(answer)) return false
      this.#finish(answer)
      return true
    }
    if (answer.reason === 'not-allowed') return false
    if (this.#refusal === undefined) this.#deps.clock.after(REFUSAL_GRACE, () => this.#finish(answer))
    this.#refusal ??= answer
    this.#tell()
    return true
  }

  #failed(peer: PeerId): void {
    const candidate = this.#candidates.get(peer)
    if (candidate === undefined) return
    const wait = Math.min(FIRST_RETRY * 2 ** candidate.failures, LAST_RETRY)
    const next = this.#deps.clock.now() + wait
    this.#candidates.set(peer, { failures: candidate.failures + 1, next, isAsked: false })
    this.#setAlarm()
    this.#tell()
  }

  #setAlarm(): void {
    const due = [...this.#candidates.values()].flatMap(({ isAsked, next }) => (isAsked ? [] : [next]))
    this.#alarm.setFor(due.length > 0 ? Math.min(...due) : undefined)
  }

  #noLongerEarly(): void {
    this.#isEarly = false
    this.#tell()
  }

  #takesLong(): void {
    this.#hasTakenLong = true
    this.#waiting.look()
  }

  #finish(answer: JoinAnswer): void {
    if (this.#abort.signal.aborted) return
    this.#end()
    this.#state = { kind: 'answered', answer }
    this.#deps.changed(this.#state)
  }

  /** Asks nobody any more. */
  #end(): void {
    this.#abort.abort()
    this.#alarm.setFor(undefined)
    this.#places.stop()
    this.#waiting.stop()
  }

  #tell(): void {
    if (this.#abort.signal.aborted) return
    const all = [...this.#candidates.values()]
    const isHopeful = all.some(({ failures }) => failures === 0)
    const isAsking = isHopeful || this.#refusal !== undefined || (this.#isEarly && all.length === 0)
    const state: JoinState = isAsking ? { kind: 'asking' } : { kind: 'waiting', keepers: this.#keepers }
    if (isSame(state, this.#state)) return
    const isNew = state.kind !== this.#state.kind
    this.#state = state
    if (isNew && state.kind === 'waiting') this.#waiting.look()
    this.#deps.changed(state)
  }
}

function isSame(a: JoinState, b: JoinState): boolean {
  if (a.kind === 'waiting' && b.kind === 'waiting') return a.keepers === b.keepers
  return a.kind === b.kind
}

/** The peer at the end of an address. */
function peerOf(address: string): string {
  return address.slice(address.lastIndexOf('/p2p/') + '/p2p/'.length)
}

/** The address of the relay that a circuit leads over. */
function relayOf(address: string): string[] {
  const end = address.indexOf('/p2p-circuit')
  return end > 0 ? [address.slice(0, end)] : []
}
