import { withAccess } from '../access/open-access.ts'
import type { Status } from '../access/peer-access.ts'
import { ownCall } from '../command-line/own-call.ts'
import { counted } from '../terminal/counted.ts'
import { peerLine } from '../terminal/peer-line.ts'
import { roomLine } from '../terminal/room-line.ts'
import { visible } from '../terminal/visible.ts'
import { tellFull } from './tell-full.ts'
import type { Run } from './command.ts'

export const status: Run = async ({ settings, stop, output }) => {
  const found = await withAccess(settings, stop, peer => peer.status(), tellFull(output))
  output.result(found, statusText(found, ownCall(settings)))
}

export function statusText({ peer, rooms, peers, relays, kept }: Status, call: string): string {
  return [
    peer === null ? `No peer is running here: ${call} up starts one.` : `Peer ${peer}`,
    `${counted(rooms.length, 'room')}${waitingText(rooms)}, ${reachText(peers)}`,
    ...(peer === null ? [] : [relayText(relays.length)]),
    ...(kept === undefined ? [] : [keptText(kept)]),
    ...rooms.map(room => `room   ${roomLine(room)}`),
    ...peers.map(each => `peer   ${peerLine(each)}`),
    ...relays.map(relay => `relay  ${relay.peer}  ${visible(relay.address)}`)
  ].join('\n')
}

/** Those that this device asks to come into. */
function waitingText(rooms: Status['rooms']): string {
  const waiting = rooms.filter(({ joining }) => joining === 'asking' || joining === 'waiting').length
  return waiting === 0 ? '' : ` (${waiting} waiting to come in)`
}

function reachText(peers: Status['peers']): string {
  const direct = peers.filter(each => each.path !== 'relayed').length
  return peers.length === 0 ? 'no peer connected' : `${counted(peers.length, 'peer')} connected, ${direct} directly`
}

function relayText(relays: number): string {
  if (relays === 0) return 'No relay passes others on to this peer.'
  return `${counted(relays, 'relay')} ${relays === 1 ? 'passes' : 'pass'} others on to this peer.`
}

function keptText({ rooms, bytes, quota }: NonNullable<Status['kept']>): string {
  const share = Math.round((100 * bytes) / quota)
  return `${counted(rooms, 'room')} kept for others, in ${Math.round(bytes / 1024)} KiB: ${share}% of what may be.`
}
