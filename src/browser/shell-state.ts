import type { ComponentType } from 'preact'
import type { Session } from './state/session.ts'

/** What the page is: the screens before, beside and after the one that matters, which is `open`. */
export type ShellState =
  | { readonly kind: 'insecure' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'naming' }
  /** Protected by a passphrase, of which `wrong` were wrong so far. */
  | { readonly kind: 'locked'; readonly wrong: number }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'failed'; readonly sentence: string }
  | { readonly kind: 'open'; readonly session: Session; readonly Workspace: ComponentType<{ session: Session }> }

export interface ShellActions {
  /** Takes the nickname and opens the workspace; rejects with a sentence when the name cannot be. */
  start(nick: string): Promise<void>
  /** Makes this a new device of an exported identity and opens it; rejects with a sentence when it cannot be. */
  bringIn(text: string, passphrase: string): Promise<void>
  unlock(passphrase: string): void
  takeOver(): void
}
