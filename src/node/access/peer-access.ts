import type {
  InviteSummary,
  KeeperFigures,
  MemberSummary,
  Message,
  Peer,
  PeerReport,
  PeerStatus,
  RoomSummary
} from '../../core/chat/index.ts'
import type { Millis } from '../../core/bytes/index.ts'
import type { MessageObject } from '../terminal/message-line.ts'

/** The peer of a data folder, for a command: one that runs already, or its store alone. */
export interface PeerAccess {
  me(): Promise<Identity>
  rename(nick: string): Promise<Identity>
  joinOpenRoom(name: string): Promise<RoomSummary>
  createRoom(name: string, history: string | undefined): Promise<RoomSummary>
  joinByLink(link: string): Promise<RoomSummary>
  /** The direct conversation with a member, begun where there is none; its summary says `joining` when it is not entered in time. */
  openDirect(member: string, timeout: Millis, signal: AbortSignal): Promise<RoomSummary>
  findRoom(room: string): Promise<RoomSummary>
  rooms(): Promise<readonly RoomSummary[]>
  leaveRoom(room: string): Promise<RoomSummary>
  /** The id of the room, of which nothing is stored any more. */
  forgetRoom(room: string): Promise<string>
  setRoom(room: string, key: string, value: string): Promise<RoomSummary>
  inviteLink(room: string, webUrl: string | undefined): Promise<string>
  /** Into a private room, by an invite of its own. */
  invite(room: string, terms: InviteTerms): Promise<string>
  invites(room: string): Promise<readonly InviteSummary[]>
  /** @param invite its link, or its id, or the start of that */
  revoke(invite: string): Promise<RoomSummary>
  removeMember(room: string, member: string, bans: boolean): Promise<RoomSummary>
  removeDevice(room: string, member: string, device: string): Promise<RoomSummary>
  setRole(room: string, member: string, role: string): Promise<RoomSummary>
  closeRoom(room: string): Promise<RoomSummary>
  members(room: string): Promise<readonly Omit<MemberSummary, 'rtt'>[]>
  /** The newest `limit` below `before`, oldest of them first; at most `MESSAGE_PAGE`. */
  messages(room: string, limit: number, before: string | undefined): Promise<readonly ReadMessage[]>
  /** The id of the message, of which `message` is the beginning. */
  edit(room: string, message: string, text: string): Promise<string>
  deleteMessage(room: string, message: string): Promise<string>
  markRead(room: string): Promise<void>
  status(): Promise<Status>
  close(): Promise<void>
}

/** Of an invite, as they were written: see `InviteOptions`. */
export interface InviteTerms {
  readonly role: string | undefined
  readonly lasts: Millis | undefined
  readonly uses: number | undefined
  readonly webUrl: string | undefined
}

/** Messages asked for at a time. */
export const MESSAGE_PAGE = 500

export type ReadMessage = MessageObject & Pick<Message, 'own' | 'delivery' | 'kept' | 'deleted'>

export interface Identity {
  readonly member: string
  readonly device: string
  readonly nick: string
}

export function identityOf(peer: Peer): Identity {
  const { member, device, nick } = peer.me()
  return { member, device, nick }
}

/** The status of the contract; null where something is not known. */
export interface Status {
  readonly peer: string | null
  readonly rooms: PeerStatus['rooms']
  readonly peers: readonly StatusPeer[]
  readonly relays: PeerStatus['relays']
  /** Of a relay that keeps rooms. */
  readonly kept?: KeeperFigures
}

export type StatusPeer = Omit<PeerReport, 'path' | 'rtt'> & { readonly path: string; readonly rtt: number | null }

export function statusOf({ peer, rooms, peers, relays }: PeerStatus): Status {
  return {
    peer: peer ?? null,
    rooms,
    peers: peers.map(report => ({ ...report, rtt: report.rtt ?? null })),
    relays: relays.map(({ peer: id, address }) => ({ peer: id, address }))
  }
}

/** What `read` prints: the event, and where a message of one's own stands. */
export function readMessage(message: Message): ReadMessage {
  const { room, id, order, author, nick, time, text, late, edited, deleted, own, delivery, kept } = message
  const marks = { ...(late && { late }), ...(edited !== undefined && { edited }), ...(deleted && { deleted }) }
  const standing = { ...(delivery && { delivery }), ...(kept !== undefined && { kept }) }
  return { event: 'message', room, id, order, author, nick, time, text, ...marks, own, ...standing }
}
