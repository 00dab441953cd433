import type { Millis } from '../bytes/index.ts'
import type { RoomSummary } from './peer.ts'

/** See `encryption/access/operation.ts`. */
export type MemberRole = 'owner' | 'admin' | 'member' | 'observer'

/** What newcomers are given of what was said: nothing, all since they joined, at least the last so many messages, or all. */
export type SharedHistory = 'none' | 'joined' | 'all' | number

export interface InviteOptions {
  /** `member` by default. */
  readonly role?: MemberRole
  /** From now on; 7 days by default. */
  readonly lasts?: Millis
  /** How many it lets in; without end by default. */
  readonly uses?: number
}

export interface InviteSummary {
  readonly id: string
  readonly role: MemberRole
  readonly expires: Millis
  /** Null: without end. */
  readonly uses: number | null
  readonly used: number
  readonly state: 'open' | 'expired' | 'revoked' | 'used-up'
}

/**
 * What only private rooms have. `room` is a reference as everywhere; `member` a name as the room shows it, or an id, or so much of one
 * that it is clear. What may not be is refused with `NotAllowedError`; all else resolves when it is durable here, whoever is online.
 */
export interface PrivateRooms {
  /** Makes a room, with this member as its owner. `history` is `joined` by default. */
  create(name: string, options?: { readonly history?: SharedHistory }): Promise<RoomSummary>
  /** A link that lets others in: `<web address>#/join/...`, or `starling:join/...` without a web address. */
  invite(room: string, options?: InviteOptions, webAddress?: string): Promise<string>
  invites(room: string): InviteSummary[]
  /** Makes an invite useless. @param invite its link, or its id as `invites` has it, or so much of that that it is clear */
  revoke(invite: string): Promise<RoomSummary>
  /** Resolves when the new keys are durable here. `ban`: no invite lets them in again. */
  remove(room: string, member: string, options?: { readonly ban?: boolean }): Promise<void>
  /** Takes one device of a member out: of oneself another, as one that was lost, or as an owner anybody's. @param device its id, or so much of it that it is clear */
  removeDevice(room: string, member: string, device: string): Promise<void>
  setRole(room: string, member: string, role: MemberRole): Promise<void>
  /** Ends the room for everybody: what was said stays, nothing is added. */
  close(room: string): Promise<void>
  /**
   * Resolves once the members of a room that this device asked to come into (`Peer.joinByLink`) have let it in; rejects with
   * `NotAllowedError` when they refuse, and on abort, after which this device goes on asking.
   */
  admitted(room: string, signal: AbortSignal): Promise<RoomSummary>
  /** Resolves once another member has all that this device has of the room; rejects on abort. */
  handedOn(room: string, signal: AbortSignal): Promise<void>
}
