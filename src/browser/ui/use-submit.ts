import { useState } from 'preact/hooks'
import { errorMessage } from '../../core/bytes/index.ts'
import { sentence } from './field.tsx'

/** A form's one action: runs it once at a time and holds the sentence that says why it could not be. */
export function useSubmit(action: () => Promise<void>, before?: unknown) {
  const [problem, setProblem] = useState(before === undefined ? undefined : sentence(errorMessage(before)))
  const [busy, setBusy] = useState(false)

  async function run(): Promise<void> {
    setBusy(true)
    try {
      await action()
    } catch (thrown) {
      setProblem(sentence(errorMessage(thrown)))
    }
    setBusy(false)
  }

  return {
    problem,
    busy,
    clear: () => setProblem(undefined),
    /** Runs it without anybody's having asked. */
    run: () => void run(),
    submit(event: Event) {
      event.preventDefault()
      if (!busy) void run()
    }
  }
}
