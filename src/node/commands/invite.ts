import type { InviteSummary } from '../../core/chat/index.ts'
import { withAccess } from '../access/open-access.ts'
import { ownCall } from '../command-line/own-call.ts'
import { parseCount, parseDuration } from '../command-line/values.ts'
import { counted } from '../terminal/counted.ts'
import { visible } from '../terminal/visible.ts'
import type { Run } from './command.ts'
import { withMembers } from './with-members.ts'

/** A link into the room; on a terminal as a QR code, too. */
export const inviteToRoom: Run = async ({ arguments: [room = ''], settings, stop, output }) => {
  const { flags, webUrl } = settings
  const expires = flags.get('expires')?.[0]
  const uses = flags.get('uses')?.[0]
  const terms = {
    role: flags.get('role')?.[0],
    lasts: expires === undefined ? undefined : parseDuration(expires, 'expires'),
    uses: uses === undefined ? undefined : parseCount(uses, 'uses', 1),
    webUrl
  }
  const hasTerms = ['role', 'expires', 'uses'].some(name => flags.has(name))
  const invite = await withAccess(settings, stop, async peer => {
    const isOpen = (await peer.findRoom(room)).kind === 'open'
    return isOpen && !hasTerms ? peer.inviteLink(room, webUrl) : peer.invite(room, terms)
  })
  output.result({ invite }, invite)
  if (process.stdout.isTTY && !output.json) output.aside(await qrCode(invite, process.stdout.columns))
}

export const listInvites: Run = async ({ arguments: [room = ''], settings, stop, output }) => {
  const invites = await withAccess(settings, stop, peer => peer.invites(room))
  if (invites.length === 0) output.aside(`Nobody is invited: ${ownCall(settings)} room invite ${room}`)
  for (const invite of invites) output.result(invite, inviteLine(invite))
}

export const revokeInvite: Run = async invocation => {
  const {
    arguments: [invite = ''],
    output
  } = invocation
  const room = await withMembers(invocation, peer => peer.revoke(invite))
  output.result({ id: room.id, name: room.name }, `This invite lets nobody into ${visible(room.name)} any more.`)
}

/** `0a1b2c3d4e5f  open  (member, until 2026-12-05 09:00 UTC, used by 1 of 3)` */
function inviteLine({ id, role, expires, uses, used, state }: InviteSummary): string {
  const until = new Date(expires).toISOString().slice(0, 16).replace('T', ' ')
  const times = uses === null ? `used ${counted(used, 'time')}` : `used ${used} of ${counted(uses, 'time')}`
  return `${id.slice(0, 12)}  ${state}  (${role}, until ${until} UTC, ${times})`
}

/** Lines that are broken are no code: where there is no room for it, that is said instead. */
async function qrCode(text: string, columns: number): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr')
  const code = renderUnicodeCompact(text, { border: 2 })
  const width = code.indexOf('\n')
  if (width > columns) return `As a QR code it needs a terminal of ${width} columns; this one has ${columns}.`
  return `\n${code}`
}
