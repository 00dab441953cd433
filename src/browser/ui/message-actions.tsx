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

/** A touch has no pointer that rests: it gives the message the focus, as the arrow keys do. */
export function focusOnTouch(event: MouseEvent): void {
  const { target, currentTarget } = event
  if (!(currentTarget instanceof HTMLElement) || matchMedia('(hover: hover)').matches) return
  if (target instanceof Element && target.closest('a, button') !== null) return
  currentTarget.focus({ preventScroll: true })
}
