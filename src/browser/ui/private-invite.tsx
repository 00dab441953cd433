import { useEffect, useState } from 'preact/hooks'
import type { MemberRole, RoomSummary } from '../../core/chat/index.ts'
import { inviteWords, rolesToInviteAs } from '../room-words.ts'
import type { MadeInvite } from '../state/made-invites.ts'
import type { Session } from '../state/session.ts'
import { UNREACHABLE_NOTE } from '../words.ts'
import { Choice } from './choice.tsx'
import { Field } from './field.tsx'
import { localNote, ShareButton } from './passing-on.tsx'
import { QrCode } from './qr-code.tsx'
import { useSubmit } from './use-submit.ts'

const DAY = 24 * 3_600_000
const EXPIRIES = [
  ['1', 'A day'],
  ['7', 'A week'],
  ['30', '30 days']
] as const
const USES = [
  ['', 'Any number'],
  ['1', 'One person'],
  ['10', '10 people']
] as const

interface PrivateInviteProps {
  readonly session: Session
  readonly room: RoomSummary
}

/** An invite into a private room, on terms that may be changed, and the list of those that are open. */
export function PrivateInvite({ session, room }: PrivateInviteProps) {
  const { peer, invites } = session
  const [role, setRole] = useState<string>('member')
  const [days, setDays] = useState('7')
  const [uses, setUses] = useState('')
  const [made, setMade] = useState<MadeInvite | undefined>(undefined)
  // Read from the rooms, so that it is shown anew when something of them is different.
  const isHere = session.rooms.value.some(({ summary }) => summary.id === room.id)
  const open = isHere ? peer.privateRooms.invites(room.id).filter(({ state }) => state === 'open') : []
  const isOpen = open.some(({ id }) => id === made?.id)

  const make = useSubmit(async () => {
    const terms = { role: role as MemberRole, lasts: Number(days) * DAY, ...(uses !== '' && { uses: Number(uses) }) }
    setMade(await invites.get(room.id, terms))
  })
  useEffect(make.run, [role, days, uses])

  return (
    <>
      <form class="dialog-form" onSubmit={make.submit} aria-busy={make.busy}>
        <Choice label="They come in as" value={role} choices={rolesToInviteAs(room)} onChoose={setRole} />
        <div class="choice-pair">
          <Choice label="Holds for" value={days} choices={EXPIRIES} onChoose={setDays} />
          <Choice label="Lets in" value={uses} choices={USES} onChoose={setUses} />
        </div>
        {make.problem !== undefined && (
          <p class="problem" role="alert">
            {make.problem}
          </p>
        )}
        {made !== undefined && !isOpen && (
          <button type="submit" class="button primary" aria-disabled={make.busy}>
            Make a link
          </button>
        )}
      </form>
      {made !== undefined && isOpen && <MadeLink key={made.id} session={session} room={room} link={made.link} />}
      {open.length > 0 && (
        <section>
          <h3 id="open-invites">Open invites</h3>
          <ul class="invite-list" aria-labelledby="open-invites">
            {open.map(invite => (
              <li key={invite.id}>
                <span>{inviteWords(invite)}</span>
                <button
                  type="button"
                  class="button"
                  aria-label={`Revoke: ${inviteWords(invite)}`}
                  onClick={() => void peer.privateRooms.revoke(invite.id).catch(session.report)}
                >
                  Revoke
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

interface MadeLinkProps extends PrivateInviteProps {
  readonly link: string
}

function MadeLink({ session, room, link }: MadeLinkProps) {
  const [note, setNote] = useState('')
  const isReachable = session.status.value.relays.length > 0

  function copy(): void {
    navigator.clipboard.writeText(link).then(
      () => setNote('Copied. Send it to whoever should come in; a member has to be online to let them.'),
      () => setNote('Copying is not allowed here: select the link and copy it.')
    )
  }

  return (
    <>
      <Field
        label="Invite link"
        value={link}
        readOnly
        autofocus
        hint={localNote() ?? 'Whoever has it can come in: send it to nobody else.'}
      />
      {!isReachable && (
        <p class="hint" role="status">
          {UNREACHABLE_NOTE}
        </p>
      )}
      <div class="invite-actions">
        <ShareButton name={room.name} link={link} />
        <button type="button" class="button primary" onClick={copy}>
          Copy
        </button>
      </div>
      <p class="hint" role="status">
        {note}
      </p>
      <QrCode text={link} label={`QR code of the invite into ${room.name}`} />
    </>
  )
}
