import { useState } from 'preact/hooks'
import type { Session } from '../state/session.ts'
import { chooseTheme, chosenTheme, type Theme } from '../theme.ts'
import { Avatar } from './avatar.tsx'
import { Dialog } from './dialog.tsx'
import type { Ask } from './dialogs.tsx'
import { Field } from './field.tsx'
import { useSubmit } from './use-submit.ts'

const THEMES: readonly { theme: Theme; name: string }[] = [
  { theme: 'system', name: 'As the system' },
  { theme: 'light', name: 'Light' },
  { theme: 'dark', name: 'Dark' }
]

interface SettingsDialogProps {
  readonly session: Session
  readonly ask: Ask
  readonly onClose: () => void
}

export function SettingsDialog({ session, ask, onClose }: SettingsDialogProps) {
  const { member, nick } = session.me.value
  const [name, setName] = useState(nick)
  const [theme, setTheme] = useState(chosenTheme(session.memory))
  const { problem, busy, clear, submit } = useSubmit(async () => {
    await session.rename(name)
    onClose()
  })
  return (
    <Dialog title="Settings" onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <div class="profile">
          <Avatar member={member} size={56} />
          <Field
            label="Nickname"
            value={name}
            problem={problem}
            onInput={value => {
              setName(value)
              clear()
            }}
          />
        </div>
        <fieldset class="choices">
          <legend>Appearance</legend>
          {THEMES.map(choice => (
            <label key={choice.theme}>
              <input
                type="radio"
                name="theme"
                checked={theme === choice.theme}
                onChange={() => {
                  setTheme(choice.theme)
                  chooseTheme(session.memory, choice.theme)
                }}
              />
              {choice.name}
            </label>
          ))}
        </fieldset>
        <fieldset class="choices">
          <legend>Identity</legend>
          <button type="button" class="button" onClick={() => ask({ kind: 'passphrase' })}>
            Passphrase
          </button>
          <button type="button" class="button" onClick={() => ask({ kind: 'export' })}>
            Export identity
          </button>
        </fieldset>
        <Facts session={session} />
        <button type="submit" class="button primary" aria-disabled={busy}>
          Save
        </button>
      </form>
    </Dialog>
  )
}

/** Put in by the build. */
const version = String(import.meta.env['STARLING_VERSION'] ?? 'in development')

function Facts({ session }: { session: Session }) {
  return (
    <dl class="facts">
      <dt>Member</dt>
      <dd>{session.me.value.member}</dd>
      <dt>Device</dt>
      <dd>{session.me.value.device}</dd>
      <dt>Peer</dt>
      <dd>{session.status.value.peer ?? 'not online yet'}</dd>
      <dt>Version</dt>
      <dd>{version}</dd>
    </dl>
  )
}
