import { useState } from 'preact/hooks'
import { askOnce } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { agreed, NewPassphrase } from './new-passphrase.tsx'
import { useProtected } from './use-protected.ts'
import { useSubmit } from './use-submit.ts'

const DONE = {
  set: 'The passphrase is set. Starling asks for it when it is opened in this browser next.',
  removed: 'The passphrase is gone. Whoever uses this browser can open your identity.'
} as const

/** Sets, changes and removes the passphrase of this profile. */
export function PassphraseDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const isProtected = useProtected(session)
  const [done, setDone] = useState<keyof typeof DONE>()
  const [present, setPresent] = useState('')
  const [next, setNext] = useState({ first: '', second: '' })
  const ask = askOnce(isProtected === true ? present : undefined)
  const change = useSubmit(async () => {
    await session.own.vault.setPassphrase(agreed(next), ask)
    setDone('set')
  })
  const removal = useSubmit(async () => {
    await session.own.vault.setPassphrase(undefined, ask)
    setDone('removed')
  })
  const busy = change.busy || removal.busy
  const clear = (): void => {
    change.clear()
    removal.clear()
  }

  if (done !== undefined) {
    return (
      <Dialog title="Passphrase" onClose={onClose}>
        <div class="dialog-form">
          <p role="status">{DONE[done]}</p>
          <button type="button" class="button primary" onClick={onClose}>
            Done
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title="Passphrase" onClose={onClose}>
      <form class="dialog-form" onSubmit={change.submit} aria-busy={busy}>
        <p class="hint">
          It protects your identity on this device while Starling is closed. Nobody can reset it: when it is lost, the
          identity in this browser is lost, too. Messages are stored without it.
        </p>
        {isProtected === true && (
          <Field
            label="Present passphrase"
            secret="present"
            value={present}
            problem={removal.problem}
            onInput={value => {
              setPresent(value)
              clear()
            }}
          />
        )}
        <NewPassphrase
          label="New passphrase"
          value={next}
          problem={change.problem}
          onInput={value => {
            setNext(value)
            clear()
          }}
        />
        <div class="dialog-actions">
          {isProtected === true && (
            <button
              type="button"
              class="button danger"
              aria-disabled={busy}
              onClick={event => !busy && removal.submit(event)}
            >
              {removal.busy ? 'Removing...' : 'Remove passphrase'}
            </button>
          )}
          <button type="submit" class="button primary" aria-disabled={busy || isProtected === undefined}>
            {change.busy ? 'Sealing...' : isProtected === true ? 'Change passphrase' : 'Set passphrase'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
