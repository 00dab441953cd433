import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals'
import { errorMessage } from '../../core/bytes/index.ts'
import type { Peer, PeerEvent, PeerStatus } from '../../core/chat/index.ts'
import type { Report } from '../../core/doctor/index.ts'
import type { Memory } from '../memory.ts'
import type { OwnIdentity } from '../own-identity.ts'
import { coalesce } from './coalesce.ts'
import { connectionOf, type Connection } from './connection.ts'
import { createEditing, type Editing } from './editing.ts'
import { createLook } from './look.ts'
import { createMadeInvites, type MadeInvites } from './made-invites.ts'
import { createMembers, type Members } from './members.ts'
import { createNetworkCheck, type NetworkCheck } from './network-check.ts'
import { followRoom } from './follow-room.ts'
import { rememberRoom } from './last-room.ts'
import { createRoomList, type RoomRow } from './room-list.ts'
import { createRouter, type Router } from './route.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import type { ShownMessage } from './shown-message.ts'
import { createVerified, type Verified } from './verified.ts'

/** A running peer as signals: what the screens show, and the calls they make. Fed by the peer's events. */
export interface Session {
  readonly peer: Peer
  readonly memory: Memory
  readonly own: OwnIdentity
  readonly verified: Verified
  readonly invites: MadeInvites
  readonly router: Router
  /** When the page was opened; undefined where a newcomer first had to give a name, who counts from then on. */
  readonly openedAt: number | undefined
  readonly me: ReadonlySignal<ReturnType<Peer['me']>>
  readonly rooms: ReadonlySignal<readonly RoomRow[]>
  /** The room that is open, with everything loaded of it. */
  readonly open: ReadonlySignal<OpenRoom | undefined>
  readonly connection: ReadonlySignal<Connection>
  readonly status: ReadonlySignal<PeerStatus>
  /** What is found out about this device's own network. */
  readonly check: NetworkCheck
  readonly notices: Signal<readonly Notice[]>
  /** The room whose newest message is before the user's eyes. */
  readonly watching: Signal<string | undefined>
  /** Says as a notice why something could not be done that nobody waits for. */
  report(thrown: unknown): void
  /** Takes over what was set of a room. */
  refreshRooms(): void
  rename(nick: string): Promise<void>
  stop(): void
}

export interface OpenRoom {
  readonly id: string
  readonly timeline: Timeline
  readonly members: Members
  readonly editing: Editing
  /** Everything in it has been before the user's eyes. */
  markRead(): Promise<void>
}

export interface Notice {
  readonly code: string
  readonly text: string
  readonly room?: string | undefined
}

const MAX_NOTICES = 5
/** No longer true when somebody of the room is met. */
const TRUE_UNTIL_MET = 'members-unreachable'
/** The connection line says this in its own words. */
const SAID_ELSEWHERE = 'bootstrap-unreachable'

/** What is before the user's eyes is not unread, even in the moment before the peer has noted it. */
function asRead(row: RoomRow): RoomRow {
  return { ...row, summary: { ...row.summary, unread: 0 } }
}

/** What a session needs beside the peer. */
export interface SessionDeps {
  readonly own: OwnIdentity
  /** Tries out what the network lets this tab do. */
  readonly examine: (signal: AbortSignal) => Promise<Report>
}

export function createSession(peer: Peer, memory: Memory, { own, examine }: SessionDeps): Session {
  const router = createRouter()
  const me = signal(peer.me())
  const rooms = createRoomList(peer)
  const opened = new Map<string, OpenRoom>()
  const status = signal(peer.status())
  const look = createLook()
  const check = createNetworkCheck(examine)
  const notices = signal<readonly Notice[]>([])
  const watching = signal<string | undefined>(undefined)

  const open = computed(() => {
    const route = router.route.value
    const known = rooms.rows.value.some(
      ({ summary }) => route.kind === 'room' && summary.id === route.room && summary.joining === undefined
    )
    return route.kind === 'room' && known ? openRoom(route.room) : undefined
  })

  function openRoom(id: string): OpenRoom {
    const room = opened.get(id) ?? {
      id,
      timeline: createTimeline(peer, id, memory),
      members: createMembers(peer, id),
      editing: createEditing(peer, id),
      markRead: coalesce(() => peer.markRead(id).catch(report))
    }
    opened.set(id, room)
    return room
  }

  const connected = computed(() => status.value.peers.length > 0)

  const refreshStatus = coalesce(async () => {
    status.value = peer.status()
    await open.peek()?.members.refresh()
  })

  const onEvent: { [K in PeerEvent['event']]: (event: Extract<PeerEvent, { event: K }>) => void } = {
    message(event) {
      const { event: _, ...rest } = event
      const message: ShownMessage = { ...rest, own: event.author === me.value.member }
      const watched = watching.value === event.room
      opened.get(event.room)?.timeline.received(message, watched)
      rooms.received(message)
      if (watched) void opened.get(event.room)?.markRead()
    },
    edited({ room, id, text, time }) {
      opened.get(room)?.timeline.edited(id, text, time)
      rooms.amended(room)
    },
    deleted({ room, id }) {
      opened.get(room)?.timeline.deleted(id)
      rooms.amended(room)
    },
    delivered({ id, to, of }) {
      for (const room of opened.values()) room.timeline.delivered(id, { to, of })
    },
    gap: () => rooms.refresh(),
    'catching-up': () => rooms.refresh(),
    'caught-up': () => rooms.refresh(),
    member({ room, change }) {
      rooms.refresh()
      if (change === 'online') settle(room)
      void opened.get(room)?.members.refresh()
    },
    room({ room, change }) {
      if (change === 'left') followRoom({ peer, memory, router }, room)
      rooms.refresh()
      if (change === 'joined' && connected.peek()) look.beginConnected()
    },
    peer: () => void refreshStatus(),
    sent: () => undefined,
    moved: () => undefined,
    kept({ id, by }) {
      for (const room of opened.values()) room.timeline.kept(id, by)
    },
    warning({ code, text, room }) {
      if (code !== SAID_ELSEWHERE) notify({ code, text, room })
    }
  }

  function notify(notice: Notice): void {
    const others = notices.value.filter(({ code }) => code !== notice.code)
    notices.value = [...others, notice].slice(-MAX_NOTICES)
  }

  /** Somebody of the room is here. */
  function settle(room: string): void {
    notices.value = notices.value.filter(notice => notice.code !== TRUE_UNTIL_MET || notice.room !== room)
  }

  function report(thrown: unknown): void {
    notify({ code: 'not-done', text: errorMessage(thrown) })
  }

  const endings = [
    peer.listen(event => batch(() => (onEvent[event.event] as (event: PeerEvent) => void)(event))),
    effect(() => enterRoom(open.value)),
    effect(() => {
      if (watching.value !== undefined) void opened.get(watching.value)?.markRead()
    }),
    effect(() => {
      if (connected.value) look.beginConnected()
    }),
    look.stop,
    check.stop,
    () => router.stop()
  ]

  /** Everything read here is read anew on entering only. */
  function enterRoom(room: OpenRoom | undefined): void {
    if (room === undefined) return
    rememberRoom(memory, room.id)
    const unread = rooms.rows.peek().find(({ summary }) => summary.id === room.id)?.summary.unread ?? 0
    room.timeline.open(unread).catch(report)
    void room.members.refresh()
  }

  return {
    peer,
    memory,
    own,
    verified: createVerified(own.verified, report),
    invites: createMadeInvites(peer),
    router,
    openedAt: peer.me().named ? performance.timeOrigin : undefined,
    me,
    rooms: computed(() => rooms.rows.value.map(row => (row.summary.id === watching.value ? asRead(row) : row))),
    open,
    status,
    check,
    notices,
    watching,
    report,
    refreshRooms: rooms.refresh,
    connection: computed(() =>
      connectionOf({
        settled: look.settled.value,
        peers: status.value.peers.length,
        members: open.value?.members.list.value
      })
    ),
    async rename(nick) {
      await peer.rename(nick)
      me.value = peer.me()
      await refreshStatus()
    },
    stop() {
      for (const end of endings) end()
    }
  }
}
