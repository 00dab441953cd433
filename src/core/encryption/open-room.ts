import { deriveKey, encodeUtf8, equalBytes, toHex, type Result, success } from '../bytes/index.ts'
import { foldCase, parseDisplayName, type DisplayName } from '../identity/index.ts'
import { EPOCH_ID_BYTES } from '../log/index.ts'
import type { NamedRoom, RoomId } from './room-keys.ts'

export const MAX_ROOM_NAME_CHARACTERS = 100

export function parseRoomName(text: string): Result<DisplayName> {
  return parseDisplayName(text, 'a room name', MAX_ROOM_NAME_CHARACTERS)
}

/**
 * The room that everybody is in who knows its name. Names that differ in case, in surrounding or repeated spaces or in
 * Unicode composition name the same room.
 */
export function openRoom(text: string): Result<NamedRoom> {
  const name = parseRoomName(text)
  if (!name.ok) return name
  const secret = deriveKey(encodeUtf8(foldCase(name.value)), 'starling/open-room/1')
  const epoch = deriveKey(secret, 'epoch', EPOCH_ID_BYTES)
  const key = deriveKey(secret, 'content')
  const rendezvous = deriveKey(secret, 'rendezvous')
  return success({
    name: name.value,
    roomId: toHex(deriveKey(secret, 'room-id')) as RoomId,
    rendezvousSecrets: () => [rendezvous],
    // What nobody may do needs no say in who may, and who knows the name may read.
    hasControl: false,
    keeperTag: undefined,
    epochs: {
      current: () => epoch,
      contentKey: (entryClass, asked) => (entryClass === 'chat' && equalBytes(asked, epoch) ? key : undefined)
    }
  })
}
