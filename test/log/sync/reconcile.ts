import {
  answerRead,
  createReconciliation,
  stepReconciliation,
  type EntryId,
  type ReconciliationInput,
  type ReconciliationOptions,
  type ReconciliationOutput,
  type ReconciliationState,
  type SyncSet
} from '../../../src/core/log/index.ts'

/** One side: a state machine with its set, whose reads are answered at once. */
export class Side {
  readonly have: EntryId[] = []
  readonly need: EntryId[] = []
  ended: Extract<ReconciliationOutput, { kind: 'done' | 'brokenOff' }> | undefined
  /** What the clock shows; the reconciliation was created at 0. */
  now = 0
  state: ReconciliationState
  readonly #set: SyncSet

  constructor(set: SyncSet, options: ReconciliationOptions) {
    this.#set = set
    this.state = createReconciliation(options, 0)
  }

  start(): Promise<Uint8Array | undefined> {
    return this.#step({ kind: 'start' })
  }

  /** The message that this one is answered with. */
  receive(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#step({ kind: 'message', bytes })
  }

  async #step(input: ReconciliationInput): Promise<Uint8Array | undefined> {
    const { state, output } = stepReconciliation(this.state, input, this.now)
    this.state = state
    let message: Uint8Array | undefined
    for (const each of output) {
      if (each.kind === 'read')
        message = await this.#step({ kind: 'answer', answer: await answerRead(this.#set, each.read) })
      else if (each.kind === 'send') message = each.message
      else if (each.kind === 'found') this.#found(each.found)
      else this.ended = each
    }
    return message
  }

  #found({ have, need }: Extract<ReconciliationOutput, { kind: 'found' }>['found']): void {
    for (const { id } of have) this.have.push(id)
    for (const { id } of need) this.need.push(id)
  }
}

/** Runs both sides to the end; the messages of both in turn. */
export async function reconcile(initiator: Side, responder: Side): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = []
  let message = await initiator.start()
  while (message !== undefined) {
    messages.push(message)
    const answer = await responder.receive(message)
    if (answer === undefined) break
    messages.push(answer)
    message = await initiator.receive(answer)
  }
  return messages
}
