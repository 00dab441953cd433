import { useState } from 'preact/hooks'
import { Field, sentence } from './field.tsx'
import { ImportForm } from './import-form.tsx'
import { Logo } from './logo.tsx'

interface StartFormProps {
  readonly invited: boolean
  readonly onStart: (nick: string) => Promise<void>
  readonly onImport: (text: string, passphrase: string) => Promise<void>
}

/** The first run: a nickname and nothing else. */
export function StartForm({ invited, onStart, onImport }: StartFormProps) {
  const [nick, setNick] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [importing, setImporting] = useState(false)

  async function start(event: Event): Promise<void> {
    event.preventDefault()
    if (busy) return
    if (nick.trim() === '') return setProblem('Type a name for others to see. You can change it later.')
    setBusy(true)
    try {
      await onStart(nick)
    } catch (thrown) {
      setProblem(sentence(thrown instanceof Error ? thrown.message : String(thrown)))
      setBusy(false)
    }
  }

  if (importing) {
    return (
      <main class="centre">
        <Logo size={72} />
        <h1>Import identity</h1>
        <p class="lead">This browser becomes a new device of yours. What you said elsewhere stays yours.</p>
        <ImportForm onImport={onImport} onBack={() => setImporting(false)} />
      </main>
    )
  }
  return (
    <main class="centre">
      <Logo size={72} />
      <h1>Starling</h1>
      <p class="lead">
        {invited
          ? 'You were sent a link to a room. It opens as soon as you have a name.'
          : 'Group chat without a server. This tab talks to the others directly.'}
      </p>
      <form class="start-form" onSubmit={event => void start(event)}>
        <Field
          label="Nickname"
          value={nick}
          problem={problem}
          hint="What others see. No account is made."
          autofocus
          onInput={value => {
            setNick(value)
            setProblem(undefined)
          }}
        />
        <button type="submit" class="button primary wide" aria-disabled={busy}>
          Start
        </button>
      </form>
      <button type="button" class="button" onClick={() => setImporting(true)}>
        Import identity
      </button>
    </main>
  )
}
