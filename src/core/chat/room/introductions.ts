import type { OpenedBody, OperationId } from '../../encryption/index.ts'
import type { MemberId } from '../../identity/index.ts'
import type { EntryId, StoredEntry } from '../../log/index.ts'
import { decodeContent, DELETION_KIND, type Profile } from './content.ts'
import { keyName } from './devices.ts'
import type { RoomState } from './room-state.ts'

/** Who is introduced with an entry: its author and that of what it erases, or whose device comes in by it. */
export function introducedWith({ book, control }: RoomState, entry: StoredEntry, body?: OpenedBody): Profile[] {
  const brought = control?.room.owners.broughtBy(entry.id as string as OperationId)
  const content = body?.kind === DELETION_KIND ? decodeContent(body.kind, body.content) : undefined
  const erased = content?.ok && content.value.kind === DELETION_KIND ? content.value.targets : []
  const devices = [brought, body?.device, ...erased.map(({ device }) => device)].filter(each => each !== undefined)
  return [...new Set(devices)].flatMap(device => book.profileOf(device) ?? [])
}

/** The members of a private room whose names are not known here, with the entries by which their devices came in. */
export function nameless({ book, control }: RoomState, self: MemberId): Map<MemberId, EntryId[]> {
  const members = [...(control?.room.access().members ?? [])]
  const those = members.filter(([member]) => member !== self && book.nickOf(member) === keyName(member))
  return new Map(
    those.map(([member, { devices }]) => {
      const brought = [...devices].flatMap(device => control?.room.owners.bringing(device) ?? [])
      return [member, brought as string[] as EntryId[]]
    })
  )
}
