import { every, type Clock, type RandomBytes } from '../../src/core/bytes/index.ts'
import { KeeperAsks, wantedRoom } from '../../src/core/chat/keeper/keeper-asks.ts'
import { Listeners } from '../../src/core/chat/listeners.ts'
import { LiveRoom } from '../../src/core/chat/live-room.ts'
import { serveRooms } from '../../src/core/chat/online/serve-rooms.ts'
import type { PeerEvent } from '../../src/core/chat/index.ts'
import { FOREVER } from '../../src/core/chat/room/retention.ts'
import type { NamedRoom, RoomId } from '../../src/core/encryption/index.ts'
import { createIdentitySecrets, openIdentity, type DisplayName } from '../../src/core/identity/index.ts'
import type { Storage } from '../../src/core/log/index.ts'
import type { Network } from '../../src/core/network/index.ts'
import { toHex } from '../../src/core/bytes/index.ts'
import { seededRandom } from './seeded-random.ts'

/** A room whose keys are secrets that its members share by themselves: whoever keeps it cannot read it. */
export function sealedRoom(name: string, seed: number): NamedRoom {
  const random = seededRandom(seed)
  const [epoch, content, control, rendezvous] = [random(16), random(32), random(32), random(32)]
  return {
    name: name as DisplayName,
    roomId: toHex(random(32)) as RoomId,
    rendezvousSecrets: () => [rendezvous],
    keeperTag: random(32),
    hasControl: true,
    epochs: { current: () => epoch, contentKey: entryClass => (entryClass === 'chat' ? content : control) }
  }
}

export interface SealedMember {
  readonly room: LiveRoom
  readonly events: PeerEvent[]
  stop(): Promise<void>
}

/** A device in that room, on whatever network and storage. */
export async function enterSealedRoom(
  keys: NamedRoom,
  nick: string,
  { storage, network, clock, random, seed }: SealedOptions
): Promise<SealedMember> {
  const identity = await openIdentity(createIdentitySecrets(seededRandom(seed), clock.now()))
  const heard: PeerEvent[] = []
  const events = new Listeners<PeerEvent>()
  events.listen(event => heard.push(event))
  const room = await LiveRoom.load({
    keys,
    store: storage.room(keys.roomId),
    identity,
    nick: () => nick as DisplayName,
    clock,
    random,
    events,
    retention: () => FOREVER,
    met: () => undefined,
    foundCopy: () => undefined
  })
  room.goOnline(network)
  const end = serveRooms(network, { random, clock, links: () => (room.link === undefined ? [] : [room.link]) })
  const asks = new KeeperAsks({ network, clock, rooms: () => [wantedRoom(room)] })
  const stopLooking = every(clock, LOOK_AGAIN, () => asks.look())
  return {
    room,
    events: heard,
    async stop() {
      stopLooking()
      asks.stop()
      end()
      await room.close()
      await network.stop()
    }
  }
}

/** As whoever adds a bootstrap address would. */
const LOOK_AGAIN = 1000

interface SealedOptions {
  readonly storage: Storage
  readonly network: Network
  readonly clock: Clock
  readonly random: RandomBytes
  readonly seed: number
}
