import { useEffect, useState } from 'preact/hooks'
import { Field } from './field.tsx'
import { Logo } from './logo.tsx'

interface UnlockFormProps {
  /** Passphrases that were wrong so far. */
  readonly wrong: number
  readonly onUnlock: (passphrase: string) => void
}

/** A protected profile, before its passphrase was given. */
export function UnlockForm({ wrong, onUnlock }: UnlockFormProps) {
  const [passphrase, setPassphrase] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    setBusy(false)
    if (wrong > 0) setProblem('That is not the passphrase. Nothing is lost: try again.')
  }, [wrong])

  function unlock(event: Event): void {
    event.preventDefault()
    if (busy) return
    if (passphrase === '') return setProblem('Type the passphrase that you set in this browser.')
    setBusy(true)
    onUnlock(passphrase)
  }

  return (
    <main class="centre" aria-busy={busy}>
      <Logo size={72} />
      <h1>Starling</h1>
      <p class="lead">Your identity in this browser is protected.</p>
      <form class="start-form" onSubmit={unlock}>
        <Field
          label="Passphrase"
          secret="present"
          value={passphrase}
          problem={problem}
          hint="It never leaves this tab, and nobody can reset it."
          autofocus
          onInput={value => {
            setPassphrase(value)
            setProblem(undefined)
          }}
        />
        <button type="submit" class="button primary wide" aria-disabled={busy}>
          {busy ? 'Opening...' : 'Open'}
        </button>
      </form>
    </main>
  )
}
