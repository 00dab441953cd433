import type { Millis } from '../../bytes/index.ts'
import { isAnswerTo } from './answers.ts'
import { compareBounds, LOWEST } from './bound.ts'
import { decodeMessage, encodeMessage, NEGENTROPY_VERSION, type SyncRange } from './negentropy-message.ts'
import type { Reading, SetAnswer, SetRead } from './reading.ts'
import { openingOf, replyTo, type Found, type Reply, type ReplyRules } from './reply.ts'
import type { SyncBound } from './sync-set.ts'

/**
 * One side of a reconciliation by Negentropy Protocol V1, as a pure state machine: whoever runs it carries the messages
 * and does the reads. The initiator starts, and learns what each side lacks; the responder answers and learns nothing.
 *
 * 1. Between two messages of the other side there is one of ours: what comes while a read is unanswered breaks it off.
 * 2. The initiator takes answers to its last message only, each a list or narrower than what was asked.
 * 3. It ends within `MAX_ROUNDS`, `MAX_SESSION_BYTES` and `MAX_SESSION_TIME`, whatever the other side sends.
 * 4. What was found stays found when it breaks off; the next reconciliation finds the rest.
 */
export interface ReconciliationState {
  readonly rules: ReplyRules
  readonly limits: { readonly rounds: number; readonly bytes: number }
  readonly startedAt: Millis
  readonly phase: 'idle' | 'reading' | 'ended'
  /** Messages of the other side so far. */
  readonly rounds: number
  /** Of messages in both directions. */
  readonly bytes: number
  /** The initiator's last message. */
  readonly asked: readonly SyncRange[]
  readonly resume: ((answer: SetAnswer) => Reading<Reply>) | undefined
}

export type ReconciliationInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'answer'; readonly answer: SetAnswer }

export type ReconciliationOutput =
  | { readonly kind: 'read'; readonly read: SetRead }
  | { readonly kind: 'send'; readonly message: Uint8Array }
  | { readonly kind: 'found'; readonly found: Found }
  /** The initiator knows all differences. */
  | { readonly kind: 'done' }
  | { readonly kind: 'brokenOff'; readonly reason: BreakReason; readonly text: string }

/** `limit`: nobody's fault, go on with what was found. The others broke the protocol, or speak another version of it. */
export type BreakReason = 'limit' | 'malformed' | 'no progress' | 'version'

export interface Transition {
  readonly state: ReconciliationState
  readonly output: readonly ReconciliationOutput[]
}

export interface ReconciliationOptions {
  readonly role: ReplyRules['role']
  /** The later of the two sides' bounds; nothing below it takes part. */
  readonly from?: SyncBound
  /** Largest message either way; 4096 or more. */
  readonly frameBytes?: number
  /** Messages of the other side, and bytes of both, before it is broken off. */
  readonly limits?: ReconciliationState['limits']
}

/** Room for 2,000 ids, so that a newcomer is served in few rounds, and small enough to hold for each of many streams. */
export const MAX_MESSAGE_BYTES = 64 * 1024
/** A hundred entries missing of a million take 3; only ids by the thousand take more, and the next session goes on. */
const MAX_ROUNDS = 32
/** So many rounds of full messages both ways. */
const MAX_SESSION_BYTES = 2 * MAX_ROUNDS * MAX_MESSAGE_BYTES
const DEFAULT_LIMITS = { rounds: MAX_ROUNDS, bytes: MAX_SESSION_BYTES }
/** So many rounds over a slow path with the reads for them. */
const MAX_SESSION_TIME: Millis = 60_000

export function createReconciliation(options: ReconciliationOptions, now: Millis): ReconciliationState {
  const { role, from = LOWEST, frameBytes = MAX_MESSAGE_BYTES, limits = DEFAULT_LIMITS } = options
  const rules = { role, from, frameBytes }
  return { rules, limits, startedAt: now, phase: 'idle', rounds: 0, bytes: 0, asked: [], resume: undefined }
}

export function stepReconciliation(state: ReconciliationState, input: ReconciliationInput, now: Millis): Transition {
  if (state.phase === 'ended') return { state, output: [] }
  if (now - state.startedAt > MAX_SESSION_TIME) return breakOff(state, 'limit', 'it took too long')
  if (input.kind === 'message') return receive(state, input.bytes)
  if (input.kind === 'start') return goOn(state, openingOf(state.rules.from))
  if (state.resume === undefined) throw new Error('an answer to no read')
  return goOn(state, state.resume(input.answer))
}

function receive(before: ReconciliationState, bytes: Uint8Array): Transition {
  const state = { ...before, rounds: before.rounds + 1, bytes: before.bytes + bytes.length }
  if (state.phase === 'reading') return breakOff(state, 'malformed', 'a message out of turn')
  if (bytes.length > state.rules.frameBytes) return breakOff(state, 'malformed', `a message of ${bytes.length} bytes`)
  if (isSpent(state)) return breakOff(state, 'limit', 'too many rounds or bytes')
  const message = decodeMessage(bytes)
  if (!message.ok) return breakOff(state, 'malformed', message.error)
  const { version, ranges } = message.value
  const first = ranges[0]?.upper
  if (first !== undefined && compareBounds(first, state.rules.from) < 0) {
    return breakOff(state, 'malformed', 'a range below the session')
  }
  if (state.rules.role === 'initiator') {
    if (version !== NEGENTROPY_VERSION) return breakOff(state, 'version', `Negentropy in version ${version}`)
    if (!isAnswerTo(state.asked, ranges, state.rules.from)) return breakOff(state, 'no progress', 'not what was asked')
  }
  // To another version the answer is empty: the byte of the version that is spoken here.
  return goOn(state, replyTo(ranges, state.rules))
}

function isSpent({ rounds, bytes, limits }: ReconciliationState): boolean {
  return rounds > limits.rounds || bytes > limits.bytes
}

function goOn(state: ReconciliationState, reading: Reading<Reply>): Transition {
  if (reading.kind === 'read') {
    return {
      state: { ...state, phase: 'reading', resume: reading.resume },
      output: [{ kind: 'read', read: reading.read }]
    }
  }
  const { draft, found } = reading.value
  const idle = { ...state, phase: 'idle', resume: undefined, asked: draft.ranges } as const
  const settled = found.have.length + found.need.length > 0 ? [{ kind: 'found', found } as const] : []
  if (state.rules.role === 'initiator' && draft.ranges.length === 0) {
    return { state: { ...idle, phase: 'ended' }, output: [...settled, { kind: 'done' }] }
  }
  const message = encodeMessage(draft.ranges)
  const sent = { ...idle, bytes: state.bytes + message.length }
  // The answer to a message behind the last round would not be read.
  const isLast = state.rules.role === 'initiator' && state.rounds === state.limits.rounds
  if (isLast || isSpent(sent)) {
    const { state: ended, output } = breakOff(idle, 'limit', 'too many rounds or bytes')
    return { state: ended, output: [...settled, ...output] }
  }
  return { state: sent, output: [...settled, { kind: 'send', message }] }
}

function breakOff(state: ReconciliationState, reason: BreakReason, text: string): Transition {
  return {
    state: { ...state, phase: 'ended', resume: undefined },
    output: [{ kind: 'brokenOff', reason, text }]
  }
}
