import { UsageError } from '../../src/core/bytes/index.ts'
import type {
  InviteSummary,
  MemberSummary,
  Message,
  Peer,
  PeerEvent,
  PeerStatus,
  RoomSummary
} from '../../src/core/chat/index.ts'

/**
 * A peer that is plain data, for tests of what the screens make of it: rooms, messages and members as given, and events
 * when told. What a real peer does is tested with real peers.
 */
export interface PlainPeer extends Peer {
  readonly ann: string
  addRoom(name: string, messages?: readonly Saying[]): RoomSummary
  setMembers(room: string, members: readonly Partial<MemberSummary>[]): void
  setStatus(status: Partial<PeerStatus>): void
  /** Somebody else's message arrives now. */
  hear(room: string, saying: Saying): Message
  emit(event: PeerEvent): void
  /** This many messages are known of that have not arrived. */
  setMissing(room: string, missing: number): void
  /** Older messages are on their way, of which so many came; or none are. */
  setCatchingUp(room: string, came: number | undefined): void
  /** So many relays keep the room. */
  setKeepers(room: string, keepers: number): void
  /** The next `send` fails with this sentence. */
  failNextSend(sentence: string): void
  readonly read: string[]
  /** Whom this one removed, by nickname. */
  readonly removed: string[]
  /** Rooms of which nothing is stored here any more, by name. */
  readonly forgotten: string[]
  /** The room's members let this one in. */
  admit(room: string): void
  /** Of two direct conversations that began at once this one ends, and the other goes on. */
  giveWay(room: string, to: string): void
  /** The room is told to be different in this. */
  change(room: string, summary: Partial<RoomSummary>, what: RoomChange): RoomSummary
}

type RoomChange = Extract<PeerEvent, { event: 'room' }>['change']

export interface Saying {
  readonly by: string
  readonly text: string
  readonly time?: number
  readonly late?: true
  readonly delivery?: { to: number; of: number }
}

const START = Date.parse('2026-11-20T09:00:00Z')

/** A member id as a key would give it: 64 hexadecimal digits, all of which depend on the name. */
export function memberId(name: string): string {
  let state = 2166136261
  const digits = Array.from({ length: 64 }, (_, index) => {
    state = Math.imul(state ^ (name.charCodeAt(index % name.length) + index), 16777619) >>> 0
    return ((state >>> 7) & 15).toString(16)
  })
  return digits.join('')
}

export function createPlainPeer(nick = 'Ann'): PlainPeer {
  const ann = memberId(nick)
  const rooms = new Map<
    string,
    { summary: RoomSummary; messages: Message[]; members: MemberSummary[]; invites: InviteSummary[] }
  >()
  const listeners = new Set<(event: PeerEvent) => void>()
  const read: string[] = []
  const removed: string[] = []
  const forgotten: string[] = []
  const givenWay = new Map<string, string>()
  let name = nick
  let status: PeerStatus = { peer: undefined, rooms: [], peers: [], relays: [] }
  let failure: string | undefined
  let nextId = 1

  function emit(event: PeerEvent): void {
    for (const listener of listeners) listener(event)
  }

  function roomOf(id: string) {
    const room = rooms.get(id)
    if (room === undefined) throw new UsageError(`there is no room ${id}`)
    return room
  }

  function add(id: string, saying: Saying): Message {
    const { messages } = roomOf(id)
    const time = saying.time ?? (messages.at(-1)?.time ?? START) + 60_000
    const message: Message = {
      room: id,
      id: (nextId++).toString(16).padStart(64, '0'),
      order: time.toString(16).padStart(12, '0'),
      author: memberId(saying.by),
      nick: saying.by,
      time,
      text: saying.text,
      own: saying.by === nick,
      ...(saying.late && { late: saying.late }),
      ...(saying.delivery && { delivery: saying.delivery })
    }
    messages.push(message)
    messages.sort((one, other) => one.time - other.time)
    return message
  }

  function amend(id: string, message: string, amended: Partial<Message>): Message {
    const room = roomOf(id)
    const before = room.messages.find(said => said.id === message)
    if (before === undefined) throw new UsageError(`there is no message ${message}`)
    const after = { ...before, ...amended }
    room.messages = room.messages.map(said => (said === before ? after : said))
    return after
  }

  function announce(message: Message): void {
    const { own: _, delivery: __, kept: ___, deleted: ____, ...told } = message
    emit({ event: 'message', ...told })
  }

  function addRoom(roomName: string, messages: readonly Saying[] = []): RoomSummary {
    const id = memberId(`room ${roomName}`)
    const summary: RoomSummary = {
      id,
      name: roomName,
      kind: 'open',
      members: 1,
      unread: 0,
      missing: 0,
      keepers: [],
      retention: 'forever'
    }
    rooms.set(id, { summary, messages: [], invites: [], members: [memberOf({ nick: name, self: true, online: true })] })
    for (const saying of messages) add(id, saying)
    return summary
  }

  function change(id: string, summary: Partial<RoomSummary>, what: RoomChange): RoomSummary {
    const room = roomOf(id)
    room.summary = { ...room.summary, ...summary }
    emit({ event: 'room', room: id, change: what })
    return room.summary
  }

  return {
    ann,
    read,
    removed,
    forgotten,
    change,
    openDirect: async () => {
      throw new Error('nobody writes to one alone here')
    },
    admit(id) {
      const room = roomOf(id)
      const { joining: _, ...summary } = room.summary
      room.summary = { ...summary, role: 'member' }
      emit({ event: 'room', room: id, change: 'joined' })
    },
    addRoom,
    emit,
    setMissing(id, missing) {
      const room = roomOf(id)
      room.summary = { ...room.summary, missing }
      emit({ event: 'gap', room: id, missing })
    },
    setCatchingUp(id, came) {
      const room = roomOf(id)
      const { catchingUp: _, ...summary } = room.summary
      room.summary = { ...summary, ...(came !== undefined && { catchingUp: came }) }
      emit({ event: came === undefined ? 'caught-up' : 'catching-up', room: id })
    },
    setKeepers(id, keepers) {
      const room = roomOf(id)
      room.summary = { ...room.summary, keepers: Array.from({ length: keepers }, (_, index) => `relay ${index}`) }
      emit({ event: 'room', room: id, change: 'keepers' })
    },
    setMembers: (id, members) => {
      roomOf(id).members = members.map(memberOf)
    },
    setStatus: next => {
      status = { ...status, ...next }
      emit({ event: 'peer', peer: 'p', path: 'direct', address: '/x' })
    },
    hear(id, saying) {
      const message = add(id, saying)
      const room = roomOf(id)
      room.summary = { ...room.summary, unread: room.summary.unread + 1 }
      announce(message)
      return message
    },
    failNextSend: sentence => {
      failure = sentence
    },
    privateRooms: {
      async create(text, { history = 'joined' } = {}) {
        if (text.trim() === '') throw new UsageError('a room name must not be empty')
        const { id } = addRoom(text)
        return change(id, { kind: 'private', role: 'owner', history }, 'joined')
      },
      async invite(id, { role = 'member', uses = null, lasts = 7 * 86_400_000 } = {}, address) {
        const invite = (nextId++).toString(16).padStart(64, '0')
        const made: InviteSummary = { id: invite, role, uses, used: 0, expires: Date.now() + lasts, state: 'open' }
        const room = roomOf(id)
        room.invites = [...room.invites, made]
        emit({ event: 'room', room: id, change: 'invites' })
        return `${address ?? 'starling:'}#/join/${invite.slice(-8)}`
      },
      invites: id => roomOf(id).invites,
      async revoke(invite) {
        const [id, room] = [...rooms].find(([, { invites }]) => invites.some(each => each.id === invite)) ?? []
        if (id === undefined || room === undefined) throw new UsageError('this invite leads into none of your rooms')
        room.invites = room.invites.map(each => (each.id === invite ? { ...each, state: 'revoked' } : each))
        emit({ event: 'room', room: id, change: 'invites' })
        return room.summary
      },
      async remove(id, member, { ban = false } = {}) {
        const room = roomOf(id)
        removed.push(`${room.members.find(each => each.member === member)?.nick}${ban ? ', banned' : ''}`)
        room.members = room.members.filter(each => each.member !== member)
        emit({ event: 'member', room: id, member, nick: member, change: 'removed' })
      },
      async removeDevice(id, member, device) {
        const room = roomOf(id)
        room.members = room.members.map(each =>
          each.member === member ? { ...each, devices: each.devices?.filter(one => one !== device) ?? [] } : each
        )
        emit({ event: 'member', room: id, member, nick: member, change: 'devices' })
      },
      async setRole(id, member, role) {
        const room = roomOf(id)
        room.members = room.members.map(each => (each.member === member ? { ...each, role } : each))
        emit({ event: 'member', room: id, member, nick: member, change: 'role' })
      },
      close: async id => void change(id, { ended: 'closed' }, 'settings'),
      admitted: async id => roomOf(id).summary,
      handedOn: async () => undefined
    },
    me: () => ({ member: ann, device: memberId('device'), nick: name, named: true }),
    async rename(text) {
      if (text.trim() === '') throw new UsageError('a nickname must not be empty')
      name = text
    },
    async joinOpenRoom(text) {
      if (text.trim() === '') throw new UsageError('a room name must not be empty')
      const room = addRoom(text.trim())
      emit({ event: 'room', room: room.id, change: 'joined' })
      return room
    },
    async joinByLink(link) {
      if (link.includes('/join/good')) {
        const { id } = addRoom('from an invite')
        return change(id, { kind: 'private', members: 0, joining: 'waiting' }, 'joining')
      }
      if (!link.includes('/open/good')) throw new UsageError('this link is cut off or mistyped: copy it again, whole')
      const room = addRoom('from a link')
      emit({ event: 'room', room: room.id, change: 'joined' })
      return room
    },
    findRoom: reference => roomOf(givenWay.get(reference) ?? reference).summary,
    giveWay(room, to) {
      givenWay.set(room, to)
      rooms.delete(room)
      emit({ event: 'room', room, change: 'left' })
    },
    rooms: () => [...rooms.values()].map(room => room.summary),
    async leaveRoom(id) {
      rooms.delete(id)
      emit({ event: 'room', room: id, change: 'left' })
    },
    async forgetRoom(id) {
      forgotten.push(roomOf(id).summary.name)
      rooms.delete(id)
      emit({ event: 'room', room: id, change: 'left' })
      return id
    },
    addresses: () => [],
    inviteLink: async (id, address) => `${address ?? 'starling:'}#/open/${id.slice(0, 8)}`,
    async send(id, text) {
      const sentence = failure
      failure = undefined
      if (sentence !== undefined) throw new UsageError(sentence)
      const message = add(id, { by: nick, text, time: Date.now(), delivery: { to: 0, of: 2 } })
      announce(message)
      return { id: message.id }
    },
    async edit(id, message, text) {
      const edited = Date.now()
      amend(id, message, { text, edited })
      emit({ event: 'edited', room: id, id: message, text, time: edited })
      return message
    },
    async deleteMessage(id, message) {
      amend(id, message, { text: '', deleted: true })
      emit({ event: 'deleted', room: id, id: message })
      return message
    },
    async setRoom(id, key, value) {
      const room = roomOf(id)
      if (key === 'retention') room.summary = { ...room.summary, retention: value }
      if (key === 'name') change(id, { name: value }, 'settings')
      if (key === 'history') change(id, { history: value as 'all' }, 'settings')
      return room.summary
    },
    waitForDelivery: async (_id, count) => count,
    waitForTaker: async () => ({ to: 1, keepers: 0 }),
    takersOf: async () => ({ to: 1, keepers: 0 }),
    async messages(id, { limit = 50, before } = {}) {
      const { messages } = roomOf(id)
      const end = before === undefined ? messages.length : messages.findIndex(message => message.id === before)
      return messages.slice(Math.max(0, end - limit), end)
    },
    members: async id => roomOf(id).members,
    async markRead(id) {
      read.push(id)
      const room = rooms.get(id)
      if (room === undefined || room.summary.unread === 0) return
      room.summary = { ...room.summary, unread: 0 }
      emit({ event: 'room', room: id, change: 'read' })
    },
    status: () => status,
    ice: async () => undefined,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    goOnline: async () => undefined,
    stop: async () => undefined
  }
}

function memberOf(member: Partial<MemberSummary>): MemberSummary {
  const nick = member.nick ?? 'Bo'
  return {
    member: memberId(nick),
    nick,
    role: 'member',
    online: false,
    self: false,
    path: 'none',
    rtt: undefined,
    ...member
  }
}
