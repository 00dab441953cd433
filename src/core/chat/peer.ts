import type { Millis } from '../bytes/index.ts'
import type { IceReport, Network, Path, PeerFigures } from '../network/index.ts'
import type { MemberRole, PrivateRooms, SharedHistory } from './private-rooms.ts'

/**
 * What the edges (command line, local API, web app) call. Opens on a store alone, so that rooms can be listed, read and
 * written offline; `goOnline` adds the network.
 */
export interface Peer {
  /** This member's identity; `named` once a nickname was chosen. */
  me(): { member: string; device: string; nick: string; named: boolean }
  /** Sets the nickname; throws `UsageError` when it is empty, too long or deceptive. */
  rename(nick: string): Promise<void>

  readonly privateRooms: PrivateRooms
  /**
   * The direct conversation with a member of a room here, begun where there is none; one that they asked for is accepted by that. Throws
   * `UsageError` where there is no such member, or more than one. @param member a name as a room shows it, or an id, or so much of one that
   * it is clear
   */
  openDirect(member: string): Promise<RoomSummary>
  /** Joins the open room of this name, creating it where nobody has. `addresses` are live members to connect to. */
  joinOpenRoom(name: string, addresses?: readonly string[]): Promise<RoomSummary>
  /**
   * Joins by a link of any form; throws `UsageError` with a sentence of its own for each way a link can be bad. Into a private room
   * its members let this device: until then the summary says `joining`; back into one that it is in, `returning`. `openedAt`: when the user opened the link, if earlier than now.
   */
  joinByLink(link: string, openedAt?: Millis): Promise<RoomSummary>
  /** Finds a room by name, id, or prefix of the id; throws `UsageError` when there is none, or more than one. */
  findRoom(reference: string): RoomSummary
  rooms(): RoomSummary[]
  /** Stops taking part; what is stored here stays. */
  leaveRoom(room: string): Promise<void>
  /**
   * Erases all that is stored here of a room, keys included, after leaving it where this device is in; resolves with its id. `room` may be
   * one that was left before: an open room's name, or the whole id. @throws UsageError when nothing is stored of it
   */
  forgetRoom(room: string): Promise<string>
  /**
   * Changes a setting of the room; throws `UsageError` or `NotAllowedError` when that cannot be. In an open room only this
   * device's own settings can be changed: `keepers` (`on`, `off`) and `retention` (`30d`, a number of messages, `forever`).
   */
  setRoom(room: string, key: string, value: string): Promise<RoomSummary>
  /** A link that brings others into the room: `<web address>#/open/...`, or `starling:open/...` without a web address. */
  inviteLink(room: string, webAddress?: string): Promise<string>

  /** Stores the message durably, then hands it to whoever is online; resolves with its id when it is durable here. */
  send(room: string, text: string): Promise<{ id: string }>
  /**
   * Has an own message say something else; throws `UsageError` for a message that is not here or deleted, `NotAllowedError`
   * for somebody else's. `message` is an id, or so much of one that it is clear; resolves with the id.
   */
  edit(room: string, message: string, text: string): Promise<string>
  /** Erases an own message here, and at everybody who follows; throws as `edit`. Again is no mistake. */
  deleteMessage(room: string, message: string): Promise<string>
  /** Resolves with the number of other members that have the message once it is `count` or more; rejects on abort. */
  waitForDelivery(id: string, count: number, signal: AbortSignal): Promise<number>
  /** Resolves once another member or a keeper has the message, with how many of each do; rejects on abort. */
  waitForTaker(id: string, signal: AbortSignal): Promise<Taken>
  /** Who has an own message now. */
  takersOf(id: string): Promise<Taken>
  /** The newest `limit` messages below `before` (a message id), oldest of them first. */
  messages(room: string, options?: { limit?: number; before?: string }): Promise<Message[]>
  members(room: string): Promise<MemberSummary[]>
  /** Marks everything shown so far as read. */
  markRead(room: string): Promise<void>
  status(): PeerStatus
  /** How ICE came to the connection to this peer (a PeerId); undefined where the best one is none by WebRTC. */
  ice(peer: string): Promise<IceReport | undefined>

  listen(listener: (event: PeerEvent) => void): () => void
  /** By which others reach this peer, as links carry them; none while it is offline. */
  addresses(): string[]
  /** Goes online on this network, which the peer then stops when it stops itself. */
  goOnline(network: Network): Promise<void>
  stop(): Promise<void>
}

/** `id`s are lower-case hex, times Unix milliseconds, addresses multiaddrs, wherever they appear. */
export interface RoomSummary {
  readonly id: string
  readonly name: string
  readonly kind: 'open' | 'private'
  /** What this member is in a private room; undefined when it is not in, or not any more. */
  readonly role?: MemberRole
  /**
   * Nobody has let this device in yet: `waiting` where no member is reachable; `request` where somebody would begin a direct conversation and
   * waits for this device's user; or why they refused, in a sentence.
   */
  readonly joining?: 'asking' | 'waiting' | 'request' | { readonly refused: string }
  /**
   * This device is in by what it knows, and asks by a newer invite for what brings it back to the others: as `joining`. What is here is read, and
   * what is written waits, meanwhile.
   */
  readonly returning?: 'asking' | 'waiting' | { readonly refused: string }
  /**
   * Of a private room: somebody known there has been connected for a while, and does not meet this device in it. More was removed while it was
   * away than members are met by, and a new invite brings it back; or they left.
   */
  readonly apart?: true
  /** While nobody is there who would answer: at how many relays the request waits for members who come online. */
  readonly waitsAt?: number
  /** Of a direct conversation: with which member. Its name is theirs. */
  readonly direct?: string
  /** Of a private room: what newcomers are given of what was said. */
  readonly history?: SharedHistory
  /**
   * Nothing is written here any more: the room was closed, or this member was removed from it, or banned, or left, or this device was taken out; of a
   * direct conversation that the other left, `other-left`.
   */
  readonly ended?: 'closed' | 'removed' | 'banned' | 'left' | 'device-removed' | 'other-left'
  /** Members known, this one included. */
  readonly members: number
  readonly unread: number
  /** Messages that others cite and that are not here yet. */
  readonly missing: number
  /** While messages from before come in, which others have: how many came so far. */
  readonly catchingUp?: number
  /** PeerIds of the connected keepers with space left: relays that store the room for members who are offline. */
  readonly keepers: string[]
  /** How long this device keeps the room's messages: `30d`, a number of messages, or `forever`. */
  readonly retention: string
  /** From entering the room, or from the start in a room of before, to the first message exchanged in it. */
  readonly toTalk?: Millis
}

export interface MemberSummary {
  readonly member: string
  readonly nick: string
  /** In an open room `member`. */
  readonly role: MemberRole
  /** In a private room: the ids of those that are in. */
  readonly devices?: readonly string[]
  readonly online: boolean
  readonly self: boolean
  /** How the member's best-connected device is reached; `none` when offline, and for this member itself. */
  readonly path: Path
  readonly rtt: Millis | undefined
  /** A device of this member signed two different entries for one sequence; the proof is stored. */
  readonly equivocated?: true
  /** Came in by an invite that this device's member had revoked; whoever let them in did not know that yet. */
  readonly uninvited?: true
}

/** Who took a message that was handed over: other members, and keepers. */
export interface Taken {
  readonly to: number
  readonly keepers: number
}

/** Where a message of one's own stands; others' messages have none. */
export interface Delivery {
  /** Other members that acknowledged it. */
  readonly to: number
  /** Other members there are to reach. */
  readonly of: number
}

export interface Message {
  readonly room: string
  readonly id: string
  /** Its place in the room, the same at every member: messages sort by this text. */
  readonly order: string
  readonly author: string
  /** The author's name as it is to be shown: unique in the room. */
  readonly nick: string
  readonly time: Millis
  readonly text: string
  readonly own: boolean
  /** It came long after it was written, into a place where nobody looks any more. */
  readonly late?: true
  /** When its author last changed it. */
  readonly edited?: Millis
  /** Its author deleted it: `text` is empty. */
  readonly deleted?: true
  readonly delivery?: Delivery
  /** Keepers that said, since this peer started, that they store this message of one's own. */
  readonly kept?: number
}

export interface PeerStatus {
  /** PeerId, or undefined while offline. */
  readonly peer: string | undefined
  readonly rooms: RoomSummary[]
  readonly peers: PeerReport[]
  readonly relays: { peer: string; address: string }[]
}

/** A connected peer: the way to it, with its figures where the network has any. */
export interface PeerReport extends Partial<PeerFigures> {
  readonly peer: string
  readonly path: Path
  readonly rtt: Millis | undefined
  readonly address: string
  /** Members known to be there, as rooms show them. */
  readonly nicks?: readonly string[]
}

/** The events of the contract (`docs/contract.md`), as they are printed with `--json`. */
export type PeerEvent =
  | { event: 'peer'; peer: string; path: Path; rtt?: Millis; address: string; why?: string }
  | {
      event: 'message'
      room: string
      id: string
      order: string
      author: string
      nick: string
      time: Millis
      text: string
      late?: true
      edited?: Millis
    }
  /** `time`: when it was edited. */
  | { event: 'edited'; room: string; id: string; text: string; time: Millis }
  | { event: 'deleted'; room: string; id: string }
  /** An own message stands in `room` now, under another id. */
  | { event: 'moved'; room: string; id: string; as: string }
  | { event: 'sent'; id: string }
  | { event: 'delivered'; id: string; to: number; of: number }
  | { event: 'kept'; id: string; by: number }
  | { event: 'gap'; room: string; missing: number }
  | { event: 'catching-up'; room: string }
  | { event: 'caught-up'; room: string }
  | {
      event: 'member'
      room: string
      member: string
      nick: string
      /** `devices`: one came in, or was taken out. */
      change: 'joined' | 'left' | 'removed' | 'role' | 'devices' | 'named' | 'online' | 'offline'
    }
  /** `joined`: this device is in; `settings`: name, history policy, or that it was closed. */
  | {
      event: 'room'
      room: string
      change: 'joined' | 'left' | 'read' | 'keepers' | 'joining' | 'settings' | 'invites' | 'apart'
    }
  /** `room` and `member`: where, and of whom, when it is about somebody. */
  | { event: 'warning'; code: string; text: string; room?: string; member?: string }
