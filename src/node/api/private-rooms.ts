import { closeRoom, inviteTo, removeDevice, removeMember, setRole } from '../access/private-rooms.ts'
import { answerEntered, MAX_WAIT_MS } from './answer-entered.ts'
import { ok, type Reply } from './reply.ts'
import { optionalNumber, optionalText, readBody, textField } from './request-body.ts'
import type { RoomAnswer, RoomCall } from './room-call.ts'

/** More of either is as good as no end. */
const MAX_LASTS_MS = 2 ** 48
const MAX_USES = 1e9

/** What only private rooms have. `:member` is what a command takes as MEMBER. */
export const PRIVATE_ROOM_ANSWERS: readonly RoomAnswer[] = [
  ['POST', '/v1/direct', openDirect],
  ['GET', '/v1/rooms/:room/invites', ({ peer, room }) => ok(peer.privateRooms.invites(room))],
  ['POST', '/v1/rooms/:room/invites', makeInvite],
  ['POST', '/v1/revocations', revoke],
  ['PUT', '/v1/rooms/:room/members/:member', changeRole],
  ['DELETE', '/v1/rooms/:room/members/:member', remove],
  ['POST', '/v1/rooms/:room/close', async ({ peer, room }) => ok(await closeRoom(peer, room))]
]

async function openDirect(call: RoomCall): Promise<Reply> {
  const body = await readBody(call.request)
  const timeout = optionalNumber(body, 'timeout', MAX_WAIT_MS)
  return answerEntered(call, await call.peer.openDirect(textField(body, 'member')), timeout)
}

async function makeInvite({ peer, room, request, webUrl }: RoomCall): Promise<Reply> {
  const body = await readBody(request)
  const invite = await inviteTo(peer, room, {
    role: optionalText(body, 'role'),
    lasts: optionalNumber(body, 'lasts', MAX_LASTS_MS),
    uses: optionalNumber(body, 'uses', MAX_USES),
    webUrl: optionalText(body, 'web') ?? webUrl
  })
  return ok({ invite })
}

/** In the body, not in the path: a link is a secret, and paths are written to logs. */
async function revoke({ peer, request }: RoomCall): Promise<Reply> {
  return ok(await peer.privateRooms.revoke(textField(await readBody(request), 'invite')))
}

async function changeRole({ peer, room, parameters, request }: RoomCall): Promise<Reply> {
  return ok(await setRole(peer, room, parameters['member'] ?? '', textField(await readBody(request), 'role')))
}

async function remove({ peer, room, parameters, query }: RoomCall): Promise<Reply> {
  const member = parameters['member'] ?? ''
  const device = query.get('device')
  if (device !== null) return ok(await removeDevice(peer, room, member, device))
  return ok(await removeMember(peer, room, member, query.get('ban') === 'true'))
}
