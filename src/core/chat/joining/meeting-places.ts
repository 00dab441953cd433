import { every, toHex, type Clock, type Millis } from '../../bytes/index.ts'
import { daysAt, gossipTopic, meetingKey } from '../../encryption/index.ts'
import type { Network, PeerId, TopicMembership } from '../../network/index.ts'

export interface MeetingPlacesDeps {
  readonly network: Network
  readonly clock: Clock
  /** What is said there is the room's: it is left alone. Elsewhere nothing is said. */
  readonly isAtRoom?: boolean
  /** A connected peer is at one of the places, too. */
  readonly joined?: (peer: PeerId) => void
}

interface Place {
  readonly membership: TopicMembership
  readonly stopMeeting: () => void
}

/** How often the day's end is looked for; topics overlap by far more. */
const ROTATION_CHECK: Millis = 60_000

/** Where newcomers and members meet: the topics and DHT keys of today, and around midnight of a neighbouring day. Nothing is said there. */
export class MeetingPlaces {
  readonly #deps: MeetingPlacesDeps
  readonly #places = new Map<string, Place>()
  readonly #stopRotating: () => void
  #secrets: readonly Uint8Array[] = []

  constructor(deps: MeetingPlacesDeps) {
    this.#deps = deps
    this.#stopRotating = every(deps.clock, ROTATION_CHECK, () => this.#enterAndLeave())
  }

  /** Is at the places that follow from these secrets (`InviteSecrets.rendezvous`), and at no others. */
  follow(secrets: readonly Uint8Array[]): void {
    this.#secrets = secrets
    this.#enterAndLeave()
  }

  stop(): void {
    this.#stopRotating()
    this.follow([])
  }

  #enterAndLeave(): void {
    const wanted = new Map<string, () => Place>()
    for (const secret of this.#secrets) {
      for (const day of daysAt(this.#deps.clock.now()))
        wanted.set(`${day} ${toHex(secret)}`, () => this.#enter(secret, day))
    }
    for (const [name, { membership, stopMeeting }] of this.#places) {
      if (wanted.has(name)) continue
      stopMeeting()
      membership.leave()
      this.#places.delete(name)
    }
    for (const [name, enter] of wanted) if (!this.#places.has(name)) this.#places.set(name, enter())
  }

  #enter(secret: Uint8Array, day: number): Place {
    const { network, isAtRoom = false, joined = () => undefined } = this.#deps
    const membership = network.join(gossipTopic(secret, day), {
      validate: () => (isAtRoom ? 'ignore' : 'reject'),
      deliver: () => undefined,
      joined
    })
    return { membership, stopMeeting: network.meet(meetingKey(secret, day)) }
  }
}
