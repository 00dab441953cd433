import type { Peer } from '../../core/chat/index.ts'
import { findRoom } from '../access/find-room.ts'
import { identityOf, readMessage } from '../access/peer-access.ts'
import { createRoom } from '../access/private-rooms.ts'
import { sentenceOf, UsageError } from '../exits.ts'
import { answerEntered, MAX_WAIT_MS } from './answer-entered.ts'
import { refusal, ok, type Reply } from './reply.ts'
import { optionalNumber, optionalText, readBody, textField } from './request-body.ts'
import { PRIVATE_ROOM_ANSWERS } from './private-rooms.ts'
import type { RoomAnswer, RoomCall } from './room-call.ts'
import type { Route } from './route.ts'

/** Messages in one answer; the next page starts `before` the first. */
const MAX_PAGE = 1000
const DEFAULT_PAGE = 100
const DEFAULT_WAIT_MS = 30_000
/** No room has so many members. */
const MAX_WAIT_COUNT = 100_000

const ANSWERS: readonly RoomAnswer[] = [
  ['GET', '/v1/id', ({ peer }) => ok(identityOf(peer))],
  ['PUT', '/v1/id', rename],
  ['GET', '/v1/rooms', ({ peer }) => ok(peer.rooms())],
  ['POST', '/v1/rooms', enterRoom],
  ['GET', '/v1/rooms/:room', ({ peer, room }) => ok(peer.findRoom(room))],
  ['DELETE', '/v1/rooms/:room', leaveRoom],
  ['DELETE', '/v1/stored-rooms/:stored', forgetRoom],
  ['PUT', '/v1/rooms/:room/settings/:key', setRoom],
  ['GET', '/v1/rooms/:room/members', async ({ peer, room }) => ok(await peer.members(room))],
  ['GET', '/v1/rooms/:room/peers', reachedMembers],
  ['GET', '/v1/rooms/:room/invite', invite],
  ['POST', '/v1/rooms/:room/read', markRead],
  ['GET', '/v1/rooms/:room/messages', messagePage],
  ['POST', '/v1/rooms/:room/messages', postMessage],
  ['PUT', '/v1/rooms/:room/messages/:message', editMessage],
  ['DELETE', '/v1/rooms/:room/messages/:message', deleteMessage],
  ...PRIVATE_ROOM_ANSWERS
]

/** The routes of a peer's identity and rooms. `:room` is what a command takes as ROOM. A relay has no peer. */
export function roomRoutes(peer: Peer | undefined, webUrl: string | undefined): readonly Route[] {
  return ANSWERS.map(([method, path, answer]) => ({
    method,
    path,
    access: 'token',
    run(call) {
      if (peer === undefined) throw new UsageError('a relay has neither rooms nor an identity: use another --data')
      const reference = call.parameters['room']
      const room = reference === undefined ? '' : roomOf(peer, reference)
      return typeof room === 'string' ? answer({ ...call, peer, room, webUrl }) : room
    }
  }))
}

function roomOf(peer: Peer, reference: string): string | Reply {
  try {
    return findRoom(peer, reference).id
  } catch (thrown) {
    if (thrown instanceof UsageError) return refusal(404, 'usage', sentenceOf(thrown))
    throw thrown
  }
}

async function rename({ peer, request }: RoomCall): Promise<Reply> {
  await peer.rename(textField(await readBody(request), 'nick'))
  return ok(identityOf(peer))
}

async function enterRoom(call: RoomCall): Promise<Reply> {
  const { peer, request } = call
  const body = await readBody(request)
  const link = optionalText(body, 'link')
  const timeout = optionalNumber(body, 'timeout', MAX_WAIT_MS)
  if (link !== undefined) return answerEntered(call, await peer.joinByLink(link), timeout)
  const name = textField(body, 'name')
  const history = optionalText(body, 'history')
  if (body['open'] !== true) return ok(await createRoom(peer, name, history))
  if (history !== undefined) throw new UsageError('"history" is for private rooms: in an open room everybody reads all')
  return ok(await peer.joinOpenRoom(name))
}

/** It may be a room that was left before. */
async function forgetRoom({ peer, parameters }: RoomCall): Promise<Reply> {
  return ok({ id: await peer.forgetRoom(parameters['stored'] ?? '') })
}

async function leaveRoom({ peer, room }: RoomCall): Promise<Reply> {
  const left = peer.findRoom(room)
  await peer.leaveRoom(room)
  return ok(left)
}

async function setRoom({ peer, room, parameters, request }: RoomCall): Promise<Reply> {
  return ok(await peer.setRoom(room, parameters['key'] ?? '', textField(await readBody(request), 'value')))
}

async function reachedMembers({ peer, room }: RoomCall): Promise<Reply> {
  const reached = (await peer.members(room)).filter(member => member.online && !member.self)
  return ok(reached.map(({ member, nick, path, rtt }) => ({ member, nick, path, ...(rtt !== undefined && { rtt }) })))
}

async function invite({ peer, room, query, webUrl }: RoomCall): Promise<Reply> {
  // An invite is something said in the room: asking again must not say it again.
  if (peer.findRoom(room).kind === 'private')
    throw new UsageError('an invite into a private room is made by POST …/invites')
  return ok({ invite: await peer.inviteLink(room, query.get('web') ?? webUrl) })
}

async function markRead({ peer, room }: RoomCall): Promise<Reply> {
  await peer.markRead(room)
  return ok(peer.findRoom(room))
}

async function messagePage({ peer, room, query }: RoomCall): Promise<Reply> {
  const limit = query.get('limit') ?? String(DEFAULT_PAGE)
  if (!/^\d{1,4}$/.test(limit) || Number(limit) > MAX_PAGE) {
    throw new UsageError(`limit=${limit}: not a whole number from 0 to ${MAX_PAGE}`)
  }
  const before = query.get('before')
  if (before !== null && !/^[0-9a-f]{64}$/.test(before))
    throw new UsageError(`before=${before}: not the id of a message`)
  if (limit === '0') return ok([])
  const page = await peer.messages(room, { limit: Number(limit), ...(before !== null && { before }) })
  return ok(page.map(readMessage))
}

async function editMessage({ peer, room, parameters, request }: RoomCall): Promise<Reply> {
  const text = textField(await readBody(request), 'text')
  return ok({ id: await peer.edit(room, parameters['message'] ?? '', text) })
}

async function deleteMessage({ peer, room, parameters }: RoomCall): Promise<Reply> {
  return ok({ id: await peer.deleteMessage(room, parameters['message'] ?? '') })
}

/** 200 when as many as it waited for have the message (or nobody was waited for), 202 when it is stored and queued only. */
async function postMessage({ peer, room, request, signal }: RoomCall): Promise<Reply> {
  const body = await readBody(request)
  const text = textField(body, 'text')
  const count = optionalNumber(body, 'wait', MAX_WAIT_COUNT) ?? 0
  const timeout = optionalNumber(body, 'timeout', MAX_WAIT_MS) ?? DEFAULT_WAIT_MS
  const { id } = await peer.send(room, text)
  if (count === 0) return ok({ id })
  request.socket.setTimeout(0)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  try {
    return ok({ id, to: await peer.waitForDelivery(id, count, limit) })
  } catch (thrown) {
    if (!limit.aborted) throw thrown
    const { to, keepers } = await peer.takersOf(id)
    return { status: 202, body: { id, to, ...(keepers > 0 && { kept: keepers }) } }
  }
}
