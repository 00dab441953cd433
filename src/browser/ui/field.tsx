import type { TargetedEvent } from 'preact'
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
  /** A passphrase, which nobody sees: one that is there already, or a new one. */
  readonly secret?: 'present' | 'new'
}

/** What a password store of the browser makes of it. */
const AUTOCOMPLETE = { present: 'current-password', new: 'new-password' } as const

/** A line of text with its name above it and, below it, what is wrong with it. */
export function Field(props: FieldProps) {
  const { label, value, onInput, problem, hint, autofocus = false, readOnly = false, secret } = props
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (autofocus) input.current?.focus()
  }, [autofocus])
  const note = problem ?? hint
  const common = {
    ref: input,
    id,
    dir: 'auto',
    spellcheck: false,
    autofocus,
    readOnly,
    value,
    onInput: (event: TargetedEvent<HTMLInputElement>) => onInput?.(event.currentTarget.value),
    onFocus: (event: TargetedEvent<HTMLInputElement>) => readOnly && event.currentTarget.select(),
    'aria-invalid': problem !== undefined,
    'aria-describedby': note === undefined ? undefined : `${id}-note`
  } as const
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {secret === undefined ? (
        <input type="text" autocomplete="off" {...common} />
      ) : (
        <input type="password" autocomplete={AUTOCOMPLETE[secret]} {...common} />
      )}
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
