import type { ShownMessage } from '../state/shown-message.ts'
import { DeleteIcon, EditIcon } from './icons.tsx'

/** What can be done with a message of one's own. */
export interface MessageDeeds {
  edit(message: ShownMessage): void
  /** Asks first. */
  remove(message: ShownMessage): void
}

/** Stand at the message while it is pointed at, touched, or has the focus. */
export function MessageActions({ message, deeds }: { message: ShownMessage; deeds: MessageDeeds }) {
  return (
    <div class="message-actions">
      <button type="button" class="icon-button" aria-label="Edit" title="Edit" onClick={() => deeds.edit(message)}>
        <EditIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Delete"
        title="Delete"
        onClick={() => deeds.remove(message)}
      >
        <DeleteIcon />
      </button>
    </div>
  )
}
