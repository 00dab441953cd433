import type { ComponentChildren } from 'preact'
import { Dialog } from './dialog.tsx'
import { useSubmit } from './use-submit.ts'

interface ConfirmDialogProps {
  readonly title: string
  readonly cancel: string
  readonly action: string
  readonly onClose: () => void
  readonly run: () => Promise<void>
  readonly children: ComponentChildren
}

/** Asks before something that cannot be taken back, and says why where it cannot be done. */
export function ConfirmDialog({ title, cancel, action, onClose, run, children }: ConfirmDialogProps) {
  const { problem, busy, submit } = useSubmit(async () => {
    await run()
    onClose()
  })
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit} aria-busy={busy}>
        {children}
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {cancel}
          </button>
          <button type="submit" class="button danger" aria-disabled={busy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
