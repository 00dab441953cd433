import type { MemberId } from '../identity/index.ts'
import type { Network, Path } from '../network/index.ts'
import type { Membership } from './membership.ts'
import type { RoomLink } from './online/room-link.ts'
import type { MemberSummary } from './peer.ts'
import type { Room } from './room/room.ts'

/** What a member's standing in a room is told by. */
export interface SummaryOf {
  readonly room: Room
  readonly link: RoomLink | undefined
  readonly network: Network | undefined
  readonly membership: Membership | undefined
  readonly self: MemberId
  readonly nickOf: (member: MemberId) => string
}

export function summaryOf(of: SummaryOf, member: MemberId): MemberSummary {
  const isSelf = member === of.self
  const known = of.membership?.access().members.get(member)
  const best = isSelf ? undefined : bestConnection(of, member)
  return {
    member,
    nick: of.nickOf(member),
    role: known?.role ?? 'member',
    ...(known && { devices: [...known.devices] }),
    online: isSelf ? of.link !== undefined : best !== undefined,
    self: isSelf,
    path: best?.path ?? 'none',
    rtt: best?.rtt,
    ...(known?.despite.has(of.self) === true && { uninvited: true }),
    ...marksOf(of, member)
  }
}

function bestConnection({ link, network }: SummaryOf, member: MemberId) {
  const peers = new Set<string>(link?.presence.peersOf(member))
  const connections = network?.peers().filter(({ peer }) => peers.has(peer)) ?? []
  return connections.toSorted((a, b) => PATHS.indexOf(a.path) - PATHS.indexOf(b.path))[0]
}

function marksOf({ room }: SummaryOf, member: MemberId): Pick<MemberSummary, 'equivocated'> {
  const { book } = room.state
  const devices = book.members().get(member)?.devices ?? []
  return devices.some(device => book.get(device)?.equivocation !== undefined) ? { equivocated: true } : {}
}

/** Best first. */
const PATHS: readonly Path[] = ['direct', 'punched', 'webrtc', 'turn', 'relayed', 'none']
