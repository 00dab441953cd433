import { useEffect, useId, useRef } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput?: (value: string) => void
  /** What is wrong with the value, and what to do. */
  readonly problem?: string | undefined
  readonly hint?: string | undefined
  readonly autofocus?: boolean
  readonly readOnly?: boolean
}

/** A line of text with its name above it and, below it, what is wrong with it. */
export function Field({ label, value, onInput, problem, hint, autofocus = false, readOnly = false }: FieldProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (autofocus) input.current?.focus()
  }, [autofocus])
  const note = problem ?? hint
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        type="text"
        dir="auto"
        autocomplete="off"
        spellcheck={false}
        autofocus={autofocus}
        readOnly={readOnly}
        value={value}
        onInput={event => onInput?.(event.currentTarget.value)}
        onFocus={event => readOnly && event.currentTarget.select()}
        aria-invalid={problem !== undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
      />
      {note !== undefined && (
        <p
          id={`${id}-note`}
          class={problem === undefined ? 'hint' : 'problem'}
          role={problem === undefined ? undefined : 'alert'}
        >
          {note}
        </p>
      )}
    </div>
  )
}

/** A sentence as the peer says it, with its first letter raised and its end closed. */
export function sentence(text: string): string {
  const raised = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(raised) ? raised : `${raised}.`
}
