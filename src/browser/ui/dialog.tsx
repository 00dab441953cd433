import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { CloseIcon } from './icons.tsx'

/** A modal dialog; Escape, the close button and a click beside it close it, and the focus returns to where it was. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  const gone = useRef(false)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => {
      gone.current = true
      element?.close()
    }
  }, [])
  // One that gave way to another dialog is told that it closed, too, and must not close that one.
  const close = (): void => {
    if (!gone.current) props.onClose()
  }
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={title} onClose={close} onClick={closeOnBackdrop}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={title}>{props.title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <CloseIcon />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  )
}

/** The dialog's own box is filled by its body, so that a click on the dialog itself is one beside it. */
function closeOnBackdrop(event: MouseEvent): void {
  if (event.target === event.currentTarget && event.target instanceof HTMLDialogElement) event.target.close()
}
