import type { Settings } from '../command-line/settings.ts'
import type { Output } from '../terminal/output.ts'

/** One call of the program, as a command sees it. */
export interface Invocation {
  readonly arguments: readonly string[]
  readonly settings: Settings
  readonly output: Output
  /** Aborted by Ctrl-C, SIGTERM, or when nobody reads stdout any more: end cleanly. */
  readonly stop: AbortSignal
}

/** Resolves when the command has done what was asked; rejects with an error whose name says who must act. */
export type Run = (invocation: Invocation) => Promise<void>
