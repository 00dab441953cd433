import { Field } from './field.tsx'

export interface TypedTwice {
  readonly first: string
  readonly second: string
}

interface NewPassphraseProps {
  readonly label: string
  readonly value: TypedTwice
  readonly problem: string | undefined
  readonly onInput: (value: TypedTwice) => void
}

/** A passphrase to set, typed twice, since nobody sees what they type. */
export function NewPassphrase({ label, value, problem, onInput }: NewPassphraseProps) {
  return (
    <>
      <Field
        label={label}
        secret="new"
        value={value.first}
        hint="Five words or more are easy to keep and hard to guess."
        onInput={first => onInput({ ...value, first })}
      />
      <Field
        label="The same once more"
        secret="new"
        value={value.second}
        problem={problem}
        onInput={second => onInput({ ...value, second })}
      />
    </>
  )
}

/** What was typed, when it was typed alike twice. */
export function agreed({ first, second }: TypedTwice): string {
  if (first !== second) throw new Error('The two are not the same: type both again.')
  return first
}
