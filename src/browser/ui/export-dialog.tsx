import { useState } from 'preact/hooks'
import { askOnce } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { agreed, NewPassphrase } from './new-passphrase.tsx'
import { useProtected } from './use-protected.ts'
import { useSubmit } from './use-submit.ts'

const FILE_NAME = 'starling-identity.txt'

/** Hands out the identity as a file under a passphrase of its own. */
export function ExportDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const isProtected = useProtected(session)
  const [present, setPresent] = useState('')
  const [next, setNext] = useState({ first: '', second: '' })
  const [leftOut, setLeftOut] = useState<readonly string[]>([])
  const { problem, busy, clear, submit } = useSubmit(async () => {
    const exported = await session.own.vault.exportIdentity(
      agreed(next),
      askOnce(isProtected === true ? present : undefined)
    )
    download(exported.text)
    if (exported.leftOut.length === 0) return onClose()
    setLeftOut(exported.leftOut)
  })
  if (leftOut.length > 0) {
    return (
      <Dialog title="Identity exported" onClose={onClose}>
        <p role="status">
          There was no space for all rooms. The new device comes by an invite into:{' '}
          <bdi class="strong">{leftOut.join(', ')}</bdi>.
        </p>
        <button type="button" class="button primary" onClick={onClose}>
          Close
        </button>
      </Dialog>
    )
  }
  return (
    <Dialog title="Export identity" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit} aria-busy={busy}>
        <p class="hint">
          With this file and its passphrase another device becomes one of yours: there, choose Import identity on the
          first screen. Whoever has both can speak as you, so keep them apart.
        </p>
        {isProtected === true && (
          <Field
            label="Present passphrase"
            secret="present"
            value={present}
            onInput={value => {
              setPresent(value)
              clear()
            }}
          />
        )}
        <NewPassphrase
          label="Passphrase of the export"
          value={next}
          problem={problem}
          onInput={value => {
            setNext(value)
            clear()
          }}
        />
        <button type="submit" class="button primary" aria-disabled={busy || isProtected === undefined}>
          {busy ? 'Sealing...' : 'Export'}
        </button>
      </form>
    </Dialog>
  )
}

function download(text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = FILE_NAME
  link.click()
  // The download has its own hold on the data once it has begun, which is after this task.
  setTimeout(() => URL.revokeObjectURL(address))
}
