import { CappedMap, every, sha256, toHex, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import { MAX_LETTER_BYTES } from '../keeper/mailbox-codec.ts'
import { leaveLetter, lookForLetters } from '../keeper/mailbox-exchange.ts'
import { Serial } from '../serial.ts'
import type { InviteSecrets } from './invite-secrets.ts'
import type { JoinAnswer, JoinRequest } from './join-codec.ts'
import { answerTag, openRequest } from './letters.ts'
import { sealAnswer } from './sealed-answer.ts'

/** What became of a request. */
export interface Judged {
  readonly request: Pick<JoinRequest, 'answerKey'>
  readonly answer: JoinAnswer
}

export interface LetterRoundsDeps {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomBytes
  readonly judge: (request: Uint8Array) => Promise<Judged | undefined>
}

/** How often a keeper is looked at again: members who stay online need not make a newcomer wait for long. */
const LOOK_PERIOD: Millis = 5 * 60_000
/** What is due is looked for this often. */
const CHECK_PERIOD: Millis = 60_000
/** Requests that were answered since this program started, so that none is answered at each look. */
const MAX_ANSWERED = 4096
/** Another member's answer, which may be a refusal by an old state, does not make one's own needless; two do. */
const ENOUGH_ANSWERS = 2

/**
 * A member's rounds of the mailboxes at keepers: requests that newcomers left there while nobody was online are judged, and the answers left
 * for them. Only those keepers are looked at that this device's user chose to meet others at: who is asked for an invite's letters can
 * tell that this device is in a room with it.
 */
export class LetterRounds {
  readonly #deps: LetterRoundsDeps
  readonly #abort = new AbortController()
  readonly #ends: readonly (() => void)[]
  /** When to look for the letters of each invite again, by keeper; bounded by connections and own invites. */
  readonly #next = new Map<PeerId, Map<string, Millis>>()
  /** Of each keeper its own: one that answers nothing holds up no other. Bounded as those above. */
  readonly #turns = new Map<PeerId, Serial>()
  readonly #answered = new CappedMap<string, true>(MAX_ANSWERED)
  #secrets: readonly InviteSecrets[] = []

  constructor(deps: LetterRoundsDeps) {
    this.#deps = deps
    this.#ends = [
      every(deps.clock, CHECK_PERIOD, () => this.#look()),
      deps.network.listen(event => {
        if (event.kind !== 'peer') return
        if (event.connection.path === 'none') this.#next.delete(event.connection.peer)
        else this.#look()
      })
    ]
  }

  /** Looks for what waits for these invites. */
  follow(secrets: readonly InviteSecrets[]): void {
    this.#secrets = secrets
    const tags = new Set(secrets.map(({ mailboxTag }) => toHex(mailboxTag)))
    for (const next of this.#next.values()) for (const tag of next.keys()) if (!tags.has(tag)) next.delete(tag)
    this.#look()
  }

  stop(): void {
    this.#abort.abort()
    for (const end of this.#ends) end()
  }

  #look(): void {
    const { network, clock } = this.#deps
    const connected = new Set(network.peers().map(({ peer }) => peer))
    for (const keeper of network.chosen()) {
      if (!connected.has(keeper)) continue
      const next = this.#next.get(keeper) ?? new Map<string, Millis>()
      this.#next.set(keeper, next)
      const turns = this.#turns.get(keeper) ?? new Serial()
      this.#turns.set(keeper, turns)
      for (const secrets of this.#secrets) {
        const tag = toHex(secrets.mailboxTag)
        if ((next.get(tag) ?? 0) > clock.now()) continue
        next.set(tag, clock.now() + LOOK_PERIOD)
        // Most peers are no keepers.
        void turns.run(() => this.#lookAt(keeper, secrets)).catch(() => undefined)
      }
    }
  }

  async #lookAt(keeper: PeerId, secrets: InviteSecrets): Promise<void> {
    const { signal } = this.#abort
    if (signal.aborted) return
    for (const letter of await lookForLetters(this.#deps.network, keeper, secrets.mailboxTag, signal)) {
      const name = `${keeper} ${toHex(sha256(letter))}`
      const request = this.#answered.has(name) ? undefined : openRequest(secrets, letter)
      if (request === undefined || signal.aborted) continue
      if (await this.#answer(keeper, request)) this.#answered.set(name, true)
    }
  }

  /** Whether there is nothing more to be done for it. */
  async #answer(keeper: PeerId, bytes: Uint8Array): Promise<boolean> {
    const { network, random, judge } = this.#deps
    const { signal } = this.#abort
    const judged = await judge(bytes)
    if (judged === undefined) return false
    const { request, answer } = judged
    // Somebody else may decide.
    if (answer.kind === 'refused' && answer.reason === 'not-allowed') return false
    const tag = answerTag(request.answerKey)
    const there = await lookForLetters(network, keeper, tag, signal)
    if (there.length >= ENOUGH_ANSWERS) return true
    // Of a room with hundreds of removals an answer is too large for a letter: it takes a member who is online.
    const letter = sealAnswer(bytes, request, answer, random, MAX_LETTER_BYTES)
    return letter === undefined || (await leaveLetter(network, keeper, { tag, letter }, signal)) === 'kept'
  }
}
