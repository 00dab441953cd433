import { useId, useState } from 'preact/hooks'
import { errorMessage } from '../../core/bytes/index.ts'
import { Field, sentence } from './field.tsx'

/** An export is a few hundred bytes: whatever is longer is another file, and is not read. */
const MAX_FILE_BYTES = 64 * 1024

interface ImportFormProps {
  readonly onImport: (text: string, passphrase: string) => Promise<void>
  readonly onBack: () => void
}

/** Makes this browser a new device of somebody who has Starling elsewhere. */
export function ImportForm({ onImport, onBack }: ImportFormProps) {
  const file = useId()
  const [chosen, setChosen] = useState<File>()
  const [passphrase, setPassphrase] = useState('')
  const [fileProblem, setFileProblem] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)

  async function bringIn(event: Event): Promise<void> {
    event.preventDefault()
    if (busy) return
    if (chosen === undefined) return setFileProblem('Choose the file that was exported on your other device.')
    if (chosen.size > MAX_FILE_BYTES) return setFileProblem('This is no exported identity: choose another file.')
    setBusy(true)
    try {
      await onImport(await chosen.text(), passphrase)
      onBack()
    } catch (thrown) {
      setProblem(sentence(errorMessage(thrown)))
      setBusy(false)
    }
  }

  return (
    <form class="start-form" onSubmit={event => void bringIn(event)} aria-busy={busy}>
      <div class="field">
        <label htmlFor={file}>Exported identity</label>
        <input
          id={file}
          type="file"
          onChange={event => {
            setChosen(event.currentTarget.files?.[0])
            setFileProblem(undefined)
            setProblem(undefined)
          }}
          aria-invalid={fileProblem !== undefined}
          aria-describedby={`${file}-note`}
        />
        <p
          id={`${file}-note`}
          class={fileProblem === undefined ? 'hint' : 'problem'}
          role={fileProblem === undefined ? undefined : 'alert'}
        >
          {fileProblem ?? 'Settings, Export identity makes this file on your other device.'}
        </p>
      </div>
      <Field
        label="Passphrase of the export"
        secret="present"
        value={passphrase}
        problem={problem}
        onInput={value => {
          setPassphrase(value)
          setProblem(undefined)
        }}
      />
      <button type="submit" class="button primary wide" aria-disabled={busy}>
        {busy ? 'Opening the export...' : 'Import'}
      </button>
      <button type="button" class="button wide" onClick={onBack}>
        Back
      </button>
    </form>
  )
}
