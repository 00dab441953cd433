import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { errorMessage } from '../../core/bytes/index.ts'
import type { RoomSummary } from '../../core/chat/index.ts'
import type { Session } from '../state/session.ts'
import { UNREACHABLE_NOTE } from '../words.ts'
import { Field, sentence } from './field.tsx'

interface InviteLinkProps {
  readonly session: Session
  readonly room: RoomSummary
  readonly label: string
  readonly hint?: string | undefined
  readonly autofocus?: boolean
  /** Other ways to pass the link on, beside copying it. */
  readonly children?: (link: string) => ComponentChildren
}

/** A tab without an address may get one at any moment, of which nobody tells. */
const RETRY_MILLIS = 1000

/**
 * The room's link, to be copied. It names the addresses of this moment, so each showing makes it anew, and again when the
 * relays have changed through which this tab is reached.
 */
export function InviteLink({ session, room, label, hint, autofocus = false, children }: InviteLinkProps) {
  const [link, setLink] = useState('')
  const [note, setNote] = useState('')
  const [reachable, setReachable] = useState(true)
  const known = session.status.value.relays.map(relay => relay.address).join()

  useEffect(() => {
    const make = (): void => {
      const isReachable = session.peer.status().relays.length > 0
      setReachable(isReachable)
      if (isReachable) clearInterval(timer)
      session.peer.inviteLink(room.id, location.origin + location.pathname).then(setLink, (thrown: unknown) => {
        setNote(sentence(errorMessage(thrown)))
      })
    }
    const timer = setInterval(make, RETRY_MILLIS)
    make()
    return () => clearInterval(timer)
  }, [room.id, known])

  function copy(): void {
    navigator.clipboard.writeText(link).then(
      () => setNote('Copied. Send it to whoever should join, and keep this tab open.'),
      () => setNote('Copying is not allowed here: select the link and copy it.')
    )
  }

  return (
    <>
      <Field label={label} value={link} hint={hint} readOnly autofocus={autofocus} />
      {!reachable && (
        <p class="hint" role="status">
          {UNREACHABLE_NOTE}
        </p>
      )}
      <div class="invite-actions">
        {children?.(link)}
        <button type="button" class="button primary" onClick={copy}>
          Copy
        </button>
      </div>
      <p class="hint" role="status">
        {note}
      </p>
    </>
  )
}
