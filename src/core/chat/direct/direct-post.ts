import { CappedMap, every, type Clock, type Millis, type RandomBytes } from '../../bytes/index.ts'
import type { DeviceId, Identity } from '../../identity/index.ts'
import type { Network, PeerId } from '../../network/index.ts'
import { leaveLetter, lookForLetters } from '../keeper/mailbox-exchange.ts'
import { MINUTE, RateLimit } from '../rate-limit.ts'
import { Serial } from '../serial.ts'
import { bringDirectLetter, serveDirectLetters } from './direct-exchange.ts'
import { directTag, sealDirectLetter, type DirectLetter } from './direct-letter.ts'

type Said = Pick<DirectLetter, 'link' | 'instead'>

/** A link that has not reached the other member yet. */
export interface OutgoingLink extends Said {
  /** Of the other member, as far as they are known. */
  readonly devices: readonly DeviceId[]
  /** Connected peers, with the device of the other member that is there. */
  readonly present: readonly { readonly peer: PeerId; readonly device: DeviceId }[]
}

export interface DirectPostDeps {
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomBytes
  readonly identity: Identity
  readonly outgoing: () => readonly OutgoingLink[]
  /** Devices that may have left something for this one, those of private rooms first. */
  readonly correspondents: () => readonly DeviceId[]
  /** Whether it is done with: that is durable. */
  readonly take: (letter: Uint8Array) => Promise<boolean>
}

/** What is due is looked for this often. */
const CHECK_PERIOD: Millis = 30_000
/** Who did not take a letter, or did not answer, is asked again after this; so is a keeper that is full, or none. */
const RETRY: Millis = 10 * MINUTE
/** A keeper is looked at again, for members who stay online. */
const LOOK_PERIOD: Millis = 10 * MINUTE
/** A letter is left again before its 14 days are over. */
const RENEWAL: Millis = 2 * 86_400_000
/** Each is a stream to each keeper at each look; of more devices it is each one's turn now and then. */
const MAX_LOOKED_FOR = 64
/** A member brings one letter for each conversation it begins. */
const MAX_OF_PEER = 6
/** Bounded by what this device itself does; more than it has conversations. */
const MAX_REMEMBERED = 4096

/** Brings links into direct conversations to those they are for: to connected devices, and by the keepers that this device's user chose. */
export class DirectPost {
  readonly #deps: DirectPostDeps
  readonly #abort = new AbortController()
  readonly #ends: readonly (() => void)[]
  /** Of each keeper that this device's user chose its own: one that answers nothing holds up no other. */
  readonly #turns = new Map<PeerId, Serial>()
  /** When something may be tried again, by what it is. */
  readonly #next = new CappedMap<string, Millis>(MAX_REMEMBERED)
  readonly #tags = new CappedMap<string, Uint8Array | undefined>(MAX_REMEMBERED)

  constructor(deps: DirectPostDeps) {
    const { network, clock } = deps
    const ofPeer = new RateLimit(clock, MAX_OF_PEER, MINUTE)
    this.#deps = deps
    this.#ends = [
      every(clock, CHECK_PERIOD, () => this.look()),
      network.listen(event => {
        if (event.kind === 'woke' || (event.kind === 'peer' && event.connection.path !== 'none')) this.look()
      }),
      serveDirectLetters(network, async (letter, from) => ofPeer.lets(from) && deps.take(letter))
    ]
  }

  stop(): void {
    this.#abort.abort()
    for (const end of this.#ends) end()
  }

  /** Brings and fetches what is due. */
  look(): void {
    const { network, outgoing, correspondents } = this.#deps
    const connected = new Set(network.peers().map(({ peer }) => peer))
    const keepers = network.chosen().filter(peer => connected.has(peer))
    for (const { devices, present, ...letter } of outgoing()) {
      for (const { peer, device } of present) {
        if (this.#isDue(`bring ${peer} ${letter.link}`, RETRY)) void this.#bring(peer, device, letter)
      }
      for (const keeper of keepers) for (const device of devices) this.#leaveAt(keeper, device, letter)
    }
    const lookedFor = inTurn(correspondents(), Math.floor(this.#deps.clock.now() / LOOK_PERIOD))
    for (const keeper of keepers) for (const device of lookedFor) this.#lookAt(keeper, device)
  }

  /** Brings a link once more that was taken: it may have been put aside. */
  again(link: string): void {
    for (const what of this.#next.keys()) if (what.startsWith('bring ') && what.endsWith(link)) this.#next.delete(what)
    this.look()
  }

  /** Whether it is, and from now on only after this time. */
  #isDue(what: string, again: Millis): boolean {
    const now = this.#deps.clock.now()
    if ((this.#next.get(what) ?? 0) > now) return false
    this.#next.set(what, now + again)
    return true
  }

  async #bring(peer: PeerId, device: DeviceId, said: Said): Promise<void> {
    const { network, identity, random } = this.#deps
    const letter = await sealDirectLetter(identity, device, said, random)
    if (letter === undefined) return
    const isTaken = await bringDirectLetter(network, peer, letter, this.#abort.signal).catch(() => false)
    if (isTaken) this.#next.set(`bring ${peer} ${said.link}`, Number.POSITIVE_INFINITY)
  }

  #leaveAt(keeper: PeerId, device: DeviceId, said: Said): void {
    const { network, identity, random } = this.#deps
    const what = `leave ${keeper} ${device} ${said.link}`
    if (!this.#isDue(what, RETRY)) return
    this.#inTurn(keeper, async signal => {
      const [tag, letter] = [this.#tagOf(device, 'to'), await sealDirectLetter(identity, device, said, random)]
      if (tag === undefined || letter === undefined) return
      const answer = await leaveLetter(network, keeper, { tag, letter }, signal)
      if (answer === 'kept') this.#next.set(what, this.#deps.clock.now() + RENEWAL)
    })
  }

  #lookAt(keeper: PeerId, device: DeviceId): void {
    if (!this.#isDue(`look ${keeper} ${device}`, LOOK_PERIOD)) return
    this.#inTurn(keeper, async signal => {
      const tag = this.#tagOf(device, 'from')
      const letters = tag === undefined ? [] : await lookForLetters(this.#deps.network, keeper, tag, signal)
      for (const letter of letters) if (!signal.aborted) await this.#deps.take(letter)
    })
  }

  /** One stream at a time: a keeper caps them, and joining has some of its own. */
  #inTurn(keeper: PeerId, task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#abort
    const turns = this.#turns.get(keeper) ?? new Serial()
    this.#turns.set(keeper, turns)
    // Most peers are no keepers.
    void turns.run(async () => (signal.aborted ? undefined : task(signal))).catch(() => undefined)
  }

  #tagOf(device: DeviceId, way: 'to' | 'from'): Uint8Array | undefined {
    const name = `${way} ${device}`
    if (!this.#tags.has(name)) this.#tags.set(name, directTag(this.#deps.identity, device, way))
    return this.#tags.get(name)
  }
}

/** The first half of those who are looked for are so each time, the others one after the other: many can be made to be known from open rooms. */
export function inTurn(devices: readonly DeviceId[], round: number): readonly DeviceId[] {
  if (devices.length <= MAX_LOOKED_FOR) return devices
  const [always, others] = [devices.slice(0, MAX_LOOKED_FOR / 2), devices.slice(MAX_LOOKED_FOR / 2)]
  const start = (round * (MAX_LOOKED_FOR / 2)) % others.length
  return [...always, ...[...others.slice(start), ...others.slice(0, start)].slice(0, MAX_LOOKED_FOR / 2)]
}
