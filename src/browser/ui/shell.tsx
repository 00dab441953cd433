import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import type { ShellActions, ShellState } from '../shell-state.ts'
import { Logo } from './logo.tsx'
import { Notice } from './notice.tsx'
import { StartForm } from './start-form.tsx'
import { UnlockForm } from './unlock-form.tsx'

export function Shell({ state, actions }: { state: ReadonlySignal<ShellState>; actions: ShellActions }) {
  const shell = state.value
  switch (shell.kind) {
    case 'open':
      return <shell.Workspace session={shell.session} />
    case 'naming':
      return (
        <StartForm
          invited={/^#\/(?:open|join)\//.test(location.hash)}
          onStart={actions.start}
          onImport={actions.bringIn}
        />
      )
    case 'locked':
      return <UnlockForm wrong={shell.wrong} onUnlock={actions.unlock} />
    case 'opening':
      return <Opening />
    case 'insecure':
      return (
        <Notice title="This address is not secure enough">
          <p>
            Starling encrypts in this tab, and browsers allow that only on https and on this computer's own address.
          </p>
          <p>
            Open it on an <b>https://</b> address or on <b>http://localhost</b>, or run <code>npm start</code> on this
            computer and open the address that it prints.
          </p>
        </Notice>
      )
    case 'elsewhere':
      return (
        <Notice title="Starling is open in another tab" action="Use it here" onAction={actions.takeOver}>
          <p>One tab at a time is your peer. Close the other one, or go on here: the other one then stops.</p>
        </Notice>
      )
    case 'moved':
      return (
        <Notice title="Starling went on in another tab" action="Use it here" onAction={actions.takeOver}>
          <p>This tab has stopped. Your messages are safe, and the other tab goes on with them.</p>
        </Notice>
      )
    case 'failed':
      return (
        <Notice title="Starling cannot start here" action="Try again" onAction={() => location.reload()}>
          <p>{shell.sentence}</p>
        </Notice>
      )
  }
}

/** The wait is normally too short for words. */
const QUIET_MILLIS = 2000

function Opening() {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MILLIS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <main class="centre opening" aria-busy="true">
      <Logo size={56} />
      <p role="status">{late ? 'Opening your rooms. They are read from this browser’s own storage.' : ''}</p>
    </main>
  )
}
