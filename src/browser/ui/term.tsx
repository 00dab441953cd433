import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** A word that explains itself when it is pointed at, touched or has the focus. */
export function Term({ children, explained }: { children: ComponentChildren; explained: string }) {
  const id = useId()
  return (
    <span class="term">
      <button type="button" class="term-word" aria-describedby={id}>
        {children}
      </button>
      <span class="term-note" role="tooltip" id={id}>
        {explained}
      </span>
    </span>
  )
}
