import { UnavailableError, type Clock } from '../../bytes/index.ts'
import type { EntryId } from '../entry.ts'
import { answerRead } from './reading.ts'
import {
  createReconciliation,
  stepReconciliation,
  type ReconciliationInput,
  type ReconciliationOptions,
  type ReconciliationOutput,
  type ReconciliationState
} from './reconciliation.ts'
import type { NeededId } from './reply.ts'
import type { SyncItem, SyncSet } from './sync-set.ts'
import { SyncFaultError } from './sync-wire.ts'

/** Runs one side of a reconciliation: does the reads and collects what was found. */
export class Reconciler {
  readonly #set: SyncSet
  readonly #clock: Clock
  readonly #have: SyncItem[] = []
  readonly #need: NeededId[] = []
  #state: ReconciliationState
  #isDone = false

  constructor(set: SyncSet, clock: Clock, options: ReconciliationOptions) {
    this.#set = set
    this.#clock = clock
    this.#state = createReconciliation(options, clock.now())
  }

  get rounds(): number {
    return this.#state.rounds
  }

  get bytes(): number {
    return this.#state.bytes
  }

  /** Whether all differences were found; if not, a limit broke it off. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** What only this side has, newest first. */
  have(): EntryId[] {
    return unique(this.#have.toSorted((a, b) => b.ms - a.ms))
  }

  /** What only the other side has, newest first as far as is known. */
  need(): EntryId[] {
    return unique(this.#need.toReversed().toSorted((a, b) => (a.below.ms === b.below.ms ? 0 : b.below.ms - a.below.ms)))
  }

  /** The message to send; none at the end. */
  start(): Promise<Uint8Array | undefined> {
    return this.#step({ kind: 'start' })
  }

  /** The answer to a message; none at the end. */
  receive(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#step({ kind: 'message', bytes })
  }

  async #step(first: ReconciliationInput): Promise<Uint8Array | undefined> {
    for (let input: ReconciliationInput | undefined = first; input !== undefined;) {
      const { state, output } = stepReconciliation(this.#state, input, this.#clock.now())
      this.#state = state
      input = undefined
      for (const each of output) {
        if (each.kind === 'send') return each.message
        if (each.kind === 'read') input = { kind: 'answer', answer: await answerRead(this.#set, each.read) }
        else this.#note(each)
      }
    }
    return undefined
  }

  #note(output: Exclude<ReconciliationOutput, { kind: 'send' | 'read' }>): void {
    if (output.kind === 'done') this.#isDone = true
    else if (output.kind === 'brokenOff' && output.reason === 'version') throw new UnavailableError(output.text)
    else if (output.kind === 'brokenOff' && output.reason !== 'limit') throw new SyncFaultError(output.text)
    else if (output.kind === 'found') {
      for (const item of output.found.have) this.#have.push(item)
      for (const item of output.found.need) this.#need.push(item)
    }
  }
}

function unique(items: readonly { readonly id: EntryId }[]): EntryId[] {
  return [...new Set(items.map(({ id }) => id))]
}
