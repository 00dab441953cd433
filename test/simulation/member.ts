import type { Millis, RandomBytes } from '../../src/core/bytes/index.ts'
import { openPeer, type Message, type Peer, type PeerEvent } from '../../src/core/chat/index.ts'
import { isWhole, type EntryId, type Storage } from '../../src/core/log/index.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import type { VirtualNetwork, VirtualPeer } from '../support/virtual-network.ts'
import type { CrashDisk, Mounted } from './crash-disk.ts'
import { SkewedClock } from './skewed-clock.ts'

const ROOM = 'lobby'
const ALL = 100_000
/** Messages looked at for one to change. */
const AMENDED = 20

export interface MemberDeps {
  readonly name: string
  readonly clock: VirtualClock
  readonly network: VirtualNetwork
  readonly disk: CrashDisk
  readonly skew: Millis
  readonly random: RandomBytes
  /** A planted bug, or nothing. */
  readonly wrap: (storage: Storage) => Storage
  readonly told: (member: SimulatedMember, event: PeerEvent) => void
  readonly failed: (member: SimulatedMember, thrown: unknown) => void
}

interface Run {
  readonly peer: Peer
  readonly network: VirtualPeer
  readonly mounted: Mounted
  readonly clock: SkewedClock
}

/** A member and its disk; its peer runs, stops, crashes and starts again. */
export class SimulatedMember {
  readonly name: string
  readonly disk: CrashDisk
  /** Messages told as events since this run of the peer began. */
  readonly shown = new Set<string>()
  /** How many messages it keeps; all of them unless told otherwise. */
  retained = Number.POSITIVE_INFINITY
  readonly #deps: MemberDeps
  #run: Run | undefined

  constructor(deps: MemberDeps) {
    this.name = deps.name
    this.disk = deps.disk
    this.#deps = deps
  }

  get network(): VirtualPeer | undefined {
    return this.#run?.network
  }

  get isInRoom(): boolean {
    return this.#run !== undefined && this.#run.peer.rooms().length > 0
  }

  get missing(): number {
    return this.#run?.peer.rooms()[0]?.missing ?? 0
  }

  async start(): Promise<void> {
    const { name, random, network, told, wrap } = this.#deps
    const clock = new SkewedClock(this.#deps.clock, this.#deps.skew)
    const mounted = await this.disk.mount(clock)
    const peer = await openPeer({ storage: wrap(mounted.storage), clock, random })
    this.shown.clear()
    const run = { peer, clock, mounted, network: network.peer(name) }
    peer.listen(event => {
      if (this.#run === run) told(this, event)
    })
    this.#run = run
    await peer.goOnline(run.network)
    if (!peer.me().named) await peer.rename(name)
  }

  join(): void {
    this.#attempt(peer => peer.joinOpenRoom(ROOM))
  }

  leave(): void {
    this.#attempt(peer => peer.leaveRoom(ROOM))
  }

  write(text: string): void {
    this.#attempt(peer => peer.send(ROOM, text))
  }

  /** Changes or deletes a message of its own, the one at this place among the newest; `done` is called once it is durable. */
  amend(place: number, text: string | undefined, done: (id: string) => void): void {
    this.#attempt(async peer => {
      const own = (await peer.messages(ROOM, { limit: AMENDED })).filter(message => message.own && !message.deleted)
      const { id } = own[place % Math.max(1, own.length)] ?? {}
      if (id === undefined) return
      if (text === undefined) await peer.deleteMessage(ROOM, id)
      else await peer.edit(ROOM, id, text)
      done(id)
    })
  }

  /** Keeps only so many messages from now on. */
  retain(messages: number): void {
    this.retained = messages
    this.#attempt(peer => peer.setRoom(ROOM, 'retention', String(messages)))
  }

  async stop(): Promise<void> {
    await this.#run?.peer.stop()
    this.#run?.clock.stop()
    this.#run = undefined
  }

  /** The process is gone, whatever it was doing. */
  crash(kept: (waiting: number) => number): void {
    const run = this.#run
    this.#run = undefined
    run?.mounted.crash(kept)
    run?.clock.stop()
    run?.network.crash()
  }

  async messages(): Promise<readonly Message[]> {
    return this.#run === undefined ? [] : this.#run.peer.messages(ROOM, { limit: ALL })
  }

  /** Whether it has ever had the entry durably. */
  holds(id: EntryId): boolean {
    return this.disk.entries.has(id)
  }

  /** Whether the words of this entry are still in its store. */
  async hasWords(id: EntryId): Promise<boolean> {
    const room = this.#run?.peer.rooms()[0]?.id
    const entry = room === undefined ? undefined : await this.#run?.mounted.storage.room(room).get(id)
    return entry !== undefined && isWhole(entry)
  }

  /** Does not wait for the end: a crash may come before it. */
  #attempt(action: (peer: Peer) => Promise<unknown>): void {
    const run = this.#run
    if (run === undefined) return
    action(run.peer).catch((thrown: unknown) => {
      if (this.#run === run) this.#deps.failed(this, thrown)
    })
  }
}
