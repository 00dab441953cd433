import type { InviteSummary, RoomSummary } from '../../core/chat/index.ts'
import type { PublicEvent } from '../api/feed.ts'
import type { NodeReport } from '../doctor/report.ts'
import type { ApiClient, CallOptions } from './api-client.ts'
import { eventsOf } from './event-stream.ts'
import type { Identity, PeerAccess, ReadMessage, Status } from './peer-access.ts'

/** A peer that another process runs, reached over its socket. */
export interface RunningPeer extends PeerAccess {
  /** Waits until its members let this one in, or time runs out: the summary then says `joining`. */
  joinAndWait(link: string, timeout: number, signal: AbortSignal): Promise<RoomSummary>
  /** Stores the message, then waits until `wait` others have it, or time runs out. */
  send(room: string, text: string, wait: number, timeout: number, signal: AbortSignal): Promise<Sent>
  /** What the network lets the peer do. */
  examine(signal: AbortSignal): Promise<NodeReport>
  /** The events from when the promise resolves on. */
  events(signal: AbortSignal): Promise<AsyncIterable<PublicEvent>>
}

export interface Sent {
  readonly id: string
  /** Others that have it; 0 when nobody was waited for. */
  readonly to: number
  /** Keepers that store it for those who are not there. */
  readonly kept: number
  /** Whether as many as were waited for have it. */
  readonly inTime: boolean
}

/** What travelling adds to a wait that the peer ends itself. */
const TRAVEL_MS = 10_000

export function runningPeer(client: ApiClient): RunningPeer {
  // What comes from our own peer has the shape of the contract.
  const ask = async <T>(path: string, options?: CallOptions): Promise<T> => (await client.call(path, options)).body as T
  return {
    me: () => ask<Identity>('/v1/id'),
    rename: nick => ask<Identity>('/v1/id', { method: 'PUT', body: { nick } }),
    joinOpenRoom: name => ask<RoomSummary>('/v1/rooms', { method: 'POST', body: { name, open: true } }),
    joinByLink: link => ask<RoomSummary>('/v1/rooms', { method: 'POST', body: { link } }),
    joinAndWait: (link, timeout, signal) =>
      ask<RoomSummary>('/v1/rooms', {
        method: 'POST',
        body: { link, timeout },
        patience: timeout + TRAVEL_MS,
        signal
      }),
    createRoom: (name, history) =>
      ask<RoomSummary>('/v1/rooms', { method: 'POST', body: { name, ...(history !== undefined && { history }) } }),
    openDirect: (member, timeout, signal) =>
      ask<RoomSummary>('/v1/direct', {
        method: 'POST',
        body: { member, timeout },
        patience: timeout + TRAVEL_MS,
        signal
      }),
    findRoom: room => ask<RoomSummary>(roomPath(room)),
    rooms: () => ask<RoomSummary[]>('/v1/rooms'),
    forgetRoom: async room =>
      (await ask<{ id: string }>(`/v1/stored-rooms/${encodeURIComponent(room)}`, { method: 'DELETE' })).id,
    leaveRoom: room => ask<RoomSummary>(roomPath(room), { method: 'DELETE' }),
    setRoom: (room, key, value) =>
      ask<RoomSummary>(`${roomPath(room)}/settings/${encodeURIComponent(key)}`, { method: 'PUT', body: { value } }),
    async inviteLink(room, webUrl) {
      const query = webUrl === undefined ? '' : `?web=${encodeURIComponent(webUrl)}`
      return (await ask<{ invite: string }>(`${roomPath(room)}/invite${query}`)).invite
    },
    async invite(room, { webUrl: web, ...terms }) {
      const body = { ...terms, web }
      return (await ask<{ invite: string }>(`${roomPath(room)}/invites`, { method: 'POST', body })).invite
    },
    invites: room => ask<InviteSummary[]>(`${roomPath(room)}/invites`),
    revoke: invite => ask<RoomSummary>('/v1/revocations', { method: 'POST', body: { invite } }),
    removeMember: (room, member, bans) =>
      ask<RoomSummary>(`${memberPath(room, member)}${bans ? '?ban=true' : ''}`, { method: 'DELETE' }),
    removeDevice: (room, member, device) =>
      ask<RoomSummary>(`${memberPath(room, member)}?device=${encodeURIComponent(device)}`, { method: 'DELETE' }),
    setRole: (room, member, role) => ask<RoomSummary>(memberPath(room, member), { method: 'PUT', body: { role } }),
    closeRoom: room => ask<RoomSummary>(`${roomPath(room)}/close`, { method: 'POST' }),
    members: room => ask(`${roomPath(room)}/members`),
    messages(room, limit, before) {
      const page = before === undefined ? '' : `&before=${before}`
      return ask<ReadMessage[]>(`${roomPath(room)}/messages?limit=${limit}${page}`)
    },
    edit: async (room, message, text) =>
      (await ask<{ id: string }>(messagePath(room, message), { method: 'PUT', body: { text } })).id,
    deleteMessage: async (room, message) =>
      (await ask<{ id: string }>(messagePath(room, message), { method: 'DELETE' })).id,
    async markRead(room) {
      await ask(`${roomPath(room)}/read`, { method: 'POST' })
    },
    status: () => ask<Status>('/v1/status'),
    examine: signal => ask<NodeReport>('/v1/nat', { signal }),
    async send(room, text, wait, timeout, signal) {
      const { status, body } = await client.call(`${roomPath(room)}/messages`, {
        method: 'POST',
        body: wait === 0 ? { text } : { text, wait, timeout },
        patience: timeout + TRAVEL_MS,
        signal
      })
      const { id, to = 0, kept = 0 } = body as { id: string; to?: number; kept?: number }
      return { id, to, kept, inTime: status === 200 }
    },
    events: async signal => eventsOf(await client.stream('/v1/events', signal)),
    close: async () => undefined
  }
}

function memberPath(room: string, member: string): string {
  return `${roomPath(room)}/members/${encodeURIComponent(member)}`
}

function messagePath(room: string, message: string): string {
  return `${roomPath(room)}/messages/${encodeURIComponent(message)}`
}

function roomPath(room: string): string {
  return `/v1/rooms/${encodeURIComponent(room)}`
}
