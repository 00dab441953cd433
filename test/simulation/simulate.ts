import type { Millis } from '../../src/core/bytes/index.ts'
import type { EntryId, Storage } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { seededNumbers, seededRandom } from '../support/seeded-random.ts'
import { settled, skipTime, VirtualClock } from '../support/virtual-clock.ts'
import { VirtualNetwork } from '../support/virtual-network.ts'
import { CrashDisk } from './crash-disk.ts'
import { SimulatedMember } from './member.ts'
import { Oracle, type Violation } from './oracle.ts'

/** What is wrong on purpose, to show that it is found. */
export interface Planted {
  readonly acknowledgedEarly?: Millis
  /** The oracle does not look at what is durable when something is acknowledged, only at what is there in the end. */
  readonly trustsDisk?: boolean
  /** @param isChecked whether the oracle is reading */
  readonly wrap?: (storage: Storage, isChecked: () => boolean) => Storage
}

export interface Outcome {
  readonly seed: number
  readonly violations: readonly Violation[]
  /** What happened, in order. */
  readonly trace: readonly string[]
  readonly hours: number
  readonly sent: number
}

const SECOND: Millis = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const STEPS = 60
/** Longer than gaps wait between questions, and than any clock is ahead. */
const HEALING = 30 * MINUTE
/** A quiet hour: a peer compares with another every 20 s, which takes a dozen frames each way. */
const MAX_TIMERS_AN_HOUR = 12_000
const MAX_WAITING_TIMERS = 100
const MAX_OPEN_STREAMS = 16
/** Identity, room, heads, and for each member a few hundred bytes; beside these, an index has one record an entry. */
const MAX_RECORD_BYTES = 8 * 1024
const MAX_INDEX_BYTES = 128

/** What edits and deletions leave behind, each. */
const MAX_AMENDMENT_BYTES = 800
/** In every fourth story somebody keeps so many messages only. */
const RETAINED = 25

/** One seed's life of a room: members come, go, crash and write, then all meet, and everything is compared. */
export async function simulate(seed: number, planted: Planted = {}): Promise<Outcome> {
  return new Simulation(seed, planted).run()
}

class Simulation {
  readonly #seed: number
  readonly #clock = new VirtualClock(NOON)
  readonly #network = new VirtualNetwork(this.#clock)
  readonly #members: SimulatedMember[] = []
  readonly #oracle: Oracle
  readonly #trace: string[] = []
  /** One for what happens and one for how it travels, so that the story stays the same when fewer frames are needed. */
  readonly #next: () => number
  readonly #luck: () => number
  readonly #whim: () => number
  /** Which side of a split each member is on. */
  #sides: number[] = []
  #isChecked = false
  #written = 0
  #amended = 0

  constructor(seed: number, planted: Planted) {
    this.#seed = seed
    this.#next = seededNumbers(seed)
    this.#luck = seededNumbers(seed + 2 ** 31)
    this.#whim = seededNumbers(seed + 2 ** 30)
    this.#oracle = new Oracle(this.#members, planted.trustsDisk === true)
    this.#network.discovery = false
    this.#network.latency = () => Math.floor(5 + this.#luck() * (this.#luck() < 0.05 ? 3000 : 150))
    this.#network.gossipCopies = () => (this.#luck() < 0.1 ? 2 : 1)
    const loss = [0, 0.1, 0.5, 1][this.#below(4)] ?? 0
    this.#network.gossipArrives = () => this.#luck() >= loss
    const count = 2 + this.#below(4)
    for (let index = 0; index < count; index += 1) this.#members.push(this.#member(index, planted))
    this.#note(`${count} members, ${loss * 100}% of gossip lost`)
  }

  async run(): Promise<Outcome> {
    for (let step = 0; step < STEPS && this.#oracle.violations.length === 0; step += 1) {
      await this.#act()
      this.#amend()
      await this.#pause()
    }
    if (this.#oracle.violations.length === 0) await this.#heal()
    if (this.#oracle.violations.length === 0) await this.#beQuiet()
    if (this.#oracle.violations.length === 0) await this.#crashAll()
    for (const member of this.#members) member.crash(() => 0)
    return {
      seed: this.#seed,
      violations: this.#oracle.violations,
      trace: this.#trace,
      hours: (this.#clock.now() - NOON) / HOUR,
      sent: this.#oracle.sent.size
    }
  }

  #member(index: number, planted: Planted): SimulatedMember {
    const name = ['Anna', 'Bob', 'Cy', 'Dee', 'Eve'][index] ?? 'Fay'
    // Half of the clocks are right; of the others some are so far ahead that what they date is held back.
    const skew = this.#next() < 0.5 ? 0 : Math.floor((this.#next() - 0.4) * 14 * MINUTE)
    return new SimulatedMember({
      name,
      skew,
      clock: this.#clock,
      network: this.#network,
      disk: new CrashDisk({ flush: () => Math.floor(1 + this.#luck() * 60), ...planted }),
      random: seededRandom(this.#seed * 16 + index),
      wrap: storage => planted.wrap?.(storage, () => this.#isChecked) ?? storage,
      told: (member, event) => this.#oracle.told(member, event),
      failed: (member, thrown) => this.#oracle.report('failure', `${member.name}: ${String(thrown)}`)
    })
  }

  async #act(): Promise<void> {
    const member = this.#members[this.#below(this.#members.length)]
    if (member === undefined) return
    if (member.network === undefined) return this.#start(member)
    const dice = this.#next()
    if (!member.isInRoom) return this.#do(`${member.name} joins`, () => this.#join(member))
    if (dice < 0.45) return this.#do(`${member.name} writes`, () => this.#write(member))
    if (dice < 0.65) return this.#do('all write at once', () => this.#members.forEach(each => this.#write(each)))
    if (dice < 0.75) return this.#split()
    if (dice < 0.78) return this.#do(`${member.name} leaves`, () => member.leave())
    if (dice < 0.85) {
      this.#note(`${member.name} stops`)
      return this.#whileTimePasses(member.stop())
    }
    // Most crashes come in the middle of something.
    this.#write(member)
    await skipTime(this.#clock, this.#below(200))
    this.#do(`${member.name} crashes`, () => member.crash(waiting => this.#survivors(waiting)))
  }

  /** Now and then somebody takes back or changes what it said, which is a story of its own. */
  #amend(): void {
    if (this.#whim() < 0.75) return
    const member = this.#members[Math.floor(this.#whim() * this.#members.length)]
    const place = Math.floor(this.#whim() * 20)
    if (member === undefined || !member.isInRoom) return
    this.#amended += 1
    if (this.#whim() < 0.5) {
      const text = `line ${this.#written}, amended`
      return this.#do(`${member.name} edits`, () => member.amend(place, text, () => undefined))
    }
    this.#do(`${member.name} deletes`, () =>
      member.amend(place, undefined, id => this.#oracle.deleted.add(id as EntryId))
    )
  }

  async #start(member: SimulatedMember): Promise<void> {
    this.#note(`${member.name} starts`)
    await this.#whileTimePasses(member.start())
    this.#wire()
    if (!member.isInRoom) this.#join(member)
  }

  #join(member: SimulatedMember): void {
    member.join()
    if (this.#seed % 4 === 0 && member === this.#members.at(-1)) member.retain(RETAINED)
  }

  #write(member: SimulatedMember): void {
    if (!member.isInRoom) return
    this.#written += 1
    member.write(`line ${this.#written}`)
  }

  #split(): void {
    this.#sides = this.#members.map(() => this.#below(2))
    this.#note(`the network splits: ${this.#sides.join('')}`)
    this.#wire()
  }

  /** Connects those who are on one side, and nobody else. */
  #wire(): void {
    for (const [i, a] of this.#members.entries()) {
      for (const [j, b] of this.#members.entries()) {
        if (i >= j || a.network === undefined || b.network === undefined) continue
        if ((this.#sides[i] ?? 0) === (this.#sides[j] ?? 0)) this.#network.connect(a.network, b.network)
        else this.#network.disconnect(a.network, b.network)
      }
    }
  }

  /** Mostly moments, now and then a night for which everybody is gone. */
  async #pause(): Promise<void> {
    const dice = this.#next()
    if (dice < 0.4) return skipTime(this.#clock, this.#below(2 * SECOND))
    if (dice < 0.95) return skipTime(this.#clock, this.#below(2 * MINUTE))
    this.#note('a night passes')
    for (const member of this.#members) member.crash(waiting => this.#survivors(waiting))
    await skipTime(this.#clock, (4 + this.#below(12)) * HOUR)
  }

  async #heal(): Promise<void> {
    this.#note('everybody comes, and nothing is lost any more')
    this.#sides = []
    this.#network.gossipArrives = () => true
    for (const member of this.#members) if (member.network === undefined) await this.#start(member)
    await skipTime(this.#clock, SECOND)
    for (const member of this.#members) if (!member.isInRoom) this.#join(member)
    this.#wire()
    await skipTime(this.#clock, HEALING)
    await this.#check()
  }

  async #beQuiet(): Promise<void> {
    const count = this.#members.length
    const before = this.#clock.fired
    await skipTime(this.#clock, HOUR / 4)
    const fired = (this.#clock.fired - before) * 4
    if (fired > MAX_TIMERS_AN_HOUR * count) this.#oracle.report('growth', `${fired} timers in a quiet hour`)
    if (this.#clock.waiting > MAX_WAITING_TIMERS * count) {
      this.#oracle.report('growth', `${this.#clock.waiting} timers wait`)
    }
    for (const { name, network, disk } of this.#members) {
      const bytes = disk.recordBytes()
      const allowed = MAX_RECORD_BYTES + MAX_INDEX_BYTES * disk.entries.size + MAX_AMENDMENT_BYTES * this.#amended
      if (bytes > allowed) {
        this.#oracle.report('growth', `${name} has ${bytes} B of records`)
      }
      const open = network?.openStreams ?? 0
      if (open > MAX_OPEN_STREAMS) this.#oracle.report('growth', `${name} has ${open} open streams`)
    }
  }

  /** What the disks hold is enough for all to go on. */
  async #crashAll(): Promise<void> {
    this.#note('all crash, and start again')
    for (const member of this.#members) member.crash(() => 0)
    for (const member of this.#members) await this.#whileTimePasses(member.start())
    await this.#check()
  }

  async #check(): Promise<void> {
    this.#isChecked = true
    await this.#oracle.checkAgreement()
    this.#isChecked = false
  }

  async #whileTimePasses(action: Promise<void>): Promise<void> {
    const done = action.then(() => true)
    for (;;) {
      await settled()
      if (await Promise.race([done, Promise.resolve(false)])) return
      await skipTime(this.#clock, 20)
    }
  }

  /** How many of the writes under way a crash leaves. */
  #survivors(waiting: number): number {
    return Math.floor(this.#luck() * (waiting + 1))
  }

  #do(what: string, action: () => void): void {
    this.#note(what)
    action()
  }

  #note(what: string): void {
    const seconds = ((this.#clock.now() - NOON) / SECOND).toFixed(1)
    this.#trace.push(`${seconds} s: ${what}`)
  }

  #below(limit: number): number {
    return Math.floor(this.#next() * limit)
  }
}
