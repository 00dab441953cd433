import type { DeviceId } from '../identity/index.ts'
import type { OperationContent, OperationId } from './access/index.ts'
import type { CommitClaim, GroupState } from './epochs/index.ts'

/** Kinds of control entries, behind those of chat. */
export const OPERATION_KIND = 16
export const COMMIT_KIND = 17

/** What most operations have nothing of. */
export const NOTHING_BESIDE = {
  parents: [],
  previous: undefined,
  certificate: undefined,
  keyPackage: undefined,
  beginning: undefined,
  inviteKey: undefined
} as const satisfies Partial<OperationContent>

/** What a control entry is to say; sealed and signed by whoever writes the log. */
export interface ControlWords {
  readonly kind: typeof OPERATION_KIND | typeof COMMIT_KIND
  readonly content: Uint8Array
}

/** A control entry that opened and whose author signed it. */
export interface ControlEntry {
  readonly id: OperationId
  readonly device: DeviceId
  readonly kind: number
  readonly content: Uint8Array
}

/** One that came, or that was stored and so was taken before. */
export interface Arrived extends ControlEntry {
  readonly isStored: boolean
}

/** A commit of this device: what it leads to must be stored with the entry, for nobody can open one's own commit again. */
export interface OwnCommit {
  readonly words: ControlWords
  readonly claim: CommitClaim
  readonly state: GroupState
}

/** `waits`: for what it stands on. `full`: no more of its author's are taken. */
export type TakenControl = 'taken' | 'waits' | 'void' | 'full'
