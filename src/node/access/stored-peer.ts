import { systemClock, systemRandom } from '../../core/bytes/index.ts'
import { openPeer, type AskPassphrase, type IdentityVault, type Peer } from '../../core/chat/index.ts'
import { openStorage } from '../../core/log/index.ts'
import { storeFolder } from '../data/data-folder.ts'
import { ownData, tryToOwnData, type OwnedData } from '../data/open-data.ts'
import type { Owner } from '../data/owner.ts'
import { nodeVault } from '../data/node-vault.ts'
import { viewStore } from '../data/store-view.ts'
import { findRoom } from './find-room.ts'
import { closeRoom, createRoom, inviteTo, removeDevice, removeMember, setRole } from './private-rooms.ts'
import { typedPassphraseAsker, type ProtectedData } from './passphrase.ts'
import { identityOf, readMessage, statusOf, type PeerAccess } from './peer-access.ts'

/** A peer opened on its store by this process, offline until it is given a network. */
export interface StoredPeer {
  readonly peer: Peer
  readonly data: OwnedData
  readonly vault: IdentityVault
  stop(): Promise<void>
}

/** @throws EnvironmentError when a running peer owns the folder, or it cannot be used */
export async function openStoredPeer(
  folder: ProtectedData,
  kind: Owner['kind'],
  signal: AbortSignal
): Promise<StoredPeer> {
  return openOn(await ownData(folder.data, kind, signal), typedPassphraseAsker(folder, signal))
}

/** Undefined when another process owns the folder. */
export async function tryToOpenStoredPeer(data: string, ask: AskPassphrase): Promise<StoredPeer | undefined> {
  const owned = await tryToOwnData(data, 'command')
  return owned === undefined ? undefined : openOn(owned, ask)
}

/**
 * The peer as it is stored, to read from where its store cannot be opened, as on a full disk: what it writes is lost.
 * Undefined when nothing is stored, or it cannot be looked at.
 */
export async function viewStoredPeer(data: string, ask: AskPassphrase): Promise<StoredPeer | undefined> {
  const view = await viewStore(storeFolder(data)).catch(() => undefined)
  if (view === undefined) return undefined
  const nothing = async (): Promise<void> => undefined
  try {
    const seen = { database: view.database, announce: nothing, release: nothing }
    const { peer, data: viewed, vault } = await openOn(seen, ask)
    const stop = async (): Promise<void> => {
      await peer.stop()
      await view.close()
    }
    return { peer, data: viewed, vault, stop }
  } catch (thrown) {
    await view.close()
    throw thrown
  }
}

async function openOn(data: OwnedData, askPassphrase: AskPassphrase): Promise<StoredPeer> {
  try {
    const storage = await openStorage(data.database)
    const peer = await openPeer({
      storage,
      clock: systemClock,
      random: systemRandom,
      startedAt: performance.timeOrigin,
      askPassphrase
    })
    const stop = async (): Promise<void> => {
      await data.release()
      await peer.stop()
    }
    return { peer, data, vault: nodeVault(storage, data.database, () => peer.addresses()), stop }
  } catch (thrown) {
    await data.release()
    await data.database.close()
    throw thrown
  }
}

export function storedPeerAccess({ peer, stop }: StoredPeer): PeerAccess {
  return {
    me: async () => identityOf(peer),
    async rename(nick) {
      await peer.rename(nick)
      return identityOf(peer)
    },
    joinOpenRoom: async name => peer.joinOpenRoom(name),
    joinByLink: async link => peer.joinByLink(link),
    createRoom: (name, history) => createRoom(peer, name, history),
    openDirect: async member => peer.openDirect(member),
    findRoom: async room => findRoom(peer, room),
    rooms: async () => peer.rooms(),
    async leaveRoom(room) {
      const left = findRoom(peer, room)
      await peer.leaveRoom(left.id)
      return left
    },
    forgetRoom: async room => peer.forgetRoom(room),
    setRoom: async (room, key, value) => peer.setRoom(findRoom(peer, room).id, key, value),
    inviteLink: async (room, webUrl) => peer.inviteLink(findRoom(peer, room).id, webUrl),
    invite: async (room, terms) => inviteTo(peer, findRoom(peer, room).id, terms),
    invites: async room => peer.privateRooms.invites(findRoom(peer, room).id),
    revoke: invite => peer.privateRooms.revoke(invite),
    removeMember: async (room, member, bans) => removeMember(peer, findRoom(peer, room).id, member, bans),
    removeDevice: async (room, member, device) => removeDevice(peer, findRoom(peer, room).id, member, device),
    setRole: async (room, member, role) => setRole(peer, findRoom(peer, room).id, member, role),
    closeRoom: async room => closeRoom(peer, findRoom(peer, room).id),
    members: async room => peer.members(findRoom(peer, room).id),
    messages: async (room, limit, before) =>
      (await peer.messages(room, { limit, ...(before === undefined ? {} : { before }) })).map(readMessage),
    edit: async (room, message, text) => peer.edit(findRoom(peer, room).id, message, text),
    deleteMessage: async (room, message) => peer.deleteMessage(findRoom(peer, room).id, message),
    markRead: room => peer.markRead(room),
    status: async () => statusOf(peer.status()),
    close: stop
  }
}
