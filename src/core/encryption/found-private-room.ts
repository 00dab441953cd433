import { expectValue, fromHex, type Millis } from '../bytes/index.ts'
import type { MemberId } from '../identity/index.ts'
import { encodeOperation, type HistoryPolicy, type OperationId } from './access/index.ts'
import { hashOf, type EpochId } from './epochs/index.ts'
import { newGeneration, type Generation } from './generation.ts'
import { NOTHING_BESIDE, OPERATION_KIND, type ControlWords } from './control-words.ts'
import { PrivateRoom, type PrivateRoomDeps } from './private-room.ts'

/** A room that begins: the words of `create`, and the room once these have an id, which is the room's. */
export interface Founding {
  readonly words: ControlWords
  readonly generation: Generation
  begin(id: OperationId, now: Millis): Promise<PrivateRoom>
}

export interface RoomStart {
  readonly name: string
  readonly history: HistoryPolicy
  /** Of a direct conversation: with whom. */
  readonly other?: MemberId
}

export async function foundPrivateRoom(deps: PrivateRoomDeps, { name, history, other }: RoomStart): Promise<Founding> {
  const { keys, random, device, certificate, keyPackage } = deps
  const groupId = random(32)
  const state = await keys.create(groupId, device)
  const keyHash = expectValue(fromHex(hashOf(await keys.secretFor(state, 'content'))))
  const beginning = { groupId, epoch: expectValue(fromHex(state.epoch)), keyHash }
  const action = { kind: 'create', device: device.id, name, history, ...(other !== undefined && { other }) } as const
  const content = encodeOperation({ ...NOTHING_BESIDE, action, certificate, beginning, keyPackage: keyPackage.shown })
  const generation = newGeneration(random)
  const words = { kind: OPERATION_KIND, content } as const
  return {
    words,
    generation,
    async begin(id, now) {
      const room = new PrivateRoom(deps, id, { generations: new Map([[state.epoch as string as EpochId, generation]]) })
      await room.take({ id, device: device.id, ...words }, now)
      await room.open(state)
      return room
    }
  }
}
