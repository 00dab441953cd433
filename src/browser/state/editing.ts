import { signal, type ReadonlySignal } from '@preact/signals'
import type { Peer } from '../../core/chat/index.ts'
import type { ShownMessage } from './shown-message.ts'

/** A message that gets other words, with the words as they stand in the box. */
export interface Edit {
  readonly message: ShownMessage
  readonly text: string
}

/** Which message of a room its author is changing, if any. */
export interface Editing {
  readonly current: ReadonlySignal<Edit | undefined>
  begin(message: ShownMessage): void
  write(text: string): void
  leave(): void
  /** Stores the words and leaves; rejects when they could not be stored, and then keeps them. */
  save(): Promise<void>
}

export function createEditing(peer: Peer, room: string): Editing {
  const current = signal<Edit | undefined>(undefined)
  const leave = (): void => {
    current.value = undefined
  }
  return {
    current,
    begin(message) {
      current.value = { message, text: message.text }
    },
    write(text) {
      if (current.value !== undefined) current.value = { ...current.value, text }
    },
    leave,
    async save() {
      const edit = current.value
      if (edit === undefined) return
      const text = edit.text.trim()
      if (text !== edit.message.text) await peer.edit(room, edit.message.id, text)
      if (current.value?.message.id === edit.message.id) leave()
    }
  }
}
