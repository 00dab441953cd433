import { every, UnavailableError, type Clock, type Millis } from '../../bytes/index.ts'
import { agreementKeyOf } from '../../identity/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import { leaveLetter, lookForLetters } from '../keeper/mailbox-exchange.ts'
import type { JoinAttempt } from './join-attempt.ts'
import { answerTag, sealRequest } from './letters.ts'

export interface WaitingRequestDeps {
  readonly network: Network
  readonly clock: Clock
  readonly attempt: JoinAttempt
  /** Peers that the link names, relays on the way to them included. */
  readonly named: ReadonlySet<string>
  /** Whether it may be left now; it is looked for an answer all the time, as one may wait since an earlier run. */
  readonly leaves: () => boolean
  /** An answer, if it is one. */
  readonly found: (sealed: Uint8Array) => void
  /** At so many keepers the request waits now. */
  readonly kept: (keepers: number) => void
}

/** How often it is looked for an answer, and for keepers that have come. */
const LOOK_PERIOD: Millis = 60_000
/** A keeper that was full, did not answer or is none is asked again after this. */
const RETRY: Millis = 10 * 60_000
/** A request is left again before its 14 days are over. */
const RENEWAL: Millis = 2 * 86_400_000

/** A newcomer's request at keepers, where members who come online find it and leave the answer. */
export class WaitingRequest {
  readonly #deps: WaitingRequestDeps
  readonly #abort = new AbortController()
  readonly #ends: readonly (() => void)[]
  readonly #letter: { readonly tag: Uint8Array; readonly letter: Uint8Array }
  readonly #answerTag: Uint8Array
  /** Keepers that have it, with when to leave it again; bounded, as those below, by who is named or chosen. */
  readonly #kept = new Map<PeerId, Millis>()
  readonly #notBefore = new Map<PeerId, Millis>()
  readonly #visiting = new Set<PeerId>()

  constructor(deps: WaitingRequestDeps) {
    const { network, clock, attempt } = deps
    const [secrets] = attempt.meetings
    if (secrets === undefined) throw new Error('a request for nowhere')
    this.#deps = deps
    this.#letter = { tag: secrets.mailboxTag, letter: sealRequest(secrets, attempt.request) }
    this.#answerTag = answerTag(agreementKeyOf(attempt.answerSecret))
    this.#ends = [
      every(clock, LOOK_PERIOD, () => this.look()),
      network.listen(event => {
        if (event.kind === 'woke' || (event.kind === 'peer' && event.connection.path !== 'none')) this.look()
      })
    ]
  }

  stop(): void {
    this.#abort.abort()
    for (const end of this.#ends) end()
  }
  /** Goes to those keepers that are due. */
  look(): void {
    const { network, clock, named } = this.#deps
    const wanted = new Set<string>([...named, ...network.chosen()])
    for (const { peer } of network.peers()) {
      const isDue = (this.#notBefore.get(peer) ?? 0) <= clock.now()
      if (wanted.has(peer) && isDue && !this.#visiting.has(peer)) void this.#visit(peer)
    }
  }

  async #visit(peer: PeerId): Promise<void> {
    this.#visiting.add(peer)
    try {
      await this.#leaveAndLook(peer)
    } catch {
      // Most peers are no keepers.
      this.#notBefore.set(peer, this.#deps.clock.now() + RETRY)
    } finally {
      this.#visiting.delete(peer)
    }
  }

  async #leaveAndLook(peer: PeerId): Promise<void> {
    const { network, clock, leaves, found, kept } = this.#deps
    const { signal } = this.#abort
    if (leaves() && (this.#kept.get(peer) ?? 0) <= clock.now()) {
      if ((await leaveLetter(network, peer, this.#letter, signal)) === 'full') throw new UnavailableError('full')
      this.#kept.set(peer, clock.now() + RENEWAL)
      if (!signal.aborted) kept(this.#kept.size)
    }
    for (const letter of await lookForLetters(network, peer, this.#answerTag, signal)) {
      if (!signal.aborted) found(letter)
    }
  }
}
