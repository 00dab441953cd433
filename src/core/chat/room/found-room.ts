import type { Clock, RandomBytes } from '../../bytes/index.ts'
import {
  foundPrivateRoom,
  StoredEpochs,
  type GroupKeys,
  type OperationId,
  type RoomId,
  type RoomStart
} from '../../encryption/index.ts'
import type { Identity } from '../../identity/index.ts'
import { nextHybridTime, type Storage } from '../../log/index.ts'
import { NO_ROOM } from './control-log.ts'
import { generationsRecord, keyPackageRecords } from './control-records.ts'
import { sealControl } from './seal-control.ts'

export interface FoundingDeps {
  readonly storage: Storage
  readonly identity: Identity
  readonly groupKeys: GroupKeys
  readonly clock: Clock
  readonly random: RandomBytes
}

/** Begins a private room with this member as its owner; durable when it resolves, with the room's id. */
export async function foundRoom(
  { storage, identity, groupKeys, clock, random }: FoundingDeps,
  room: RoomStart
): Promise<RoomId> {
  const { certificate, deviceKey, deviceSeed } = identity
  const device = { id: certificate.device, signingKey: deviceSeed }
  const keyPackage = await groupKeys.createKeyPackage(device)
  const founding = await foundPrivateRoom({ keys: groupKeys, random, device, certificate, keyPackage }, room)
  const { words, generation } = founding
  const place = { roomId: NO_ROOM, time: nextHybridTime(clock.now(), []), sequence: 1, previous: undefined }
  const entry = await sealControl({ deviceKey, random }, generation, place, words)
  const roomId = entry.id as string as RoomId
  const begun = await founding.begin(entry.id as string as OperationId, clock.now())
  const graph = begun.epochs()
  if (graph === undefined) throw new Error('a room that did not begin')
  const epochs = new StoredEpochs({ keys: groupKeys, random }, [])
  await storage.room(roomId).commit({
    entries: [entry],
    records: [...keyPackageRecords(keyPackage), generationsRecord(begun.generations()), ...epochs.changes(graph)]
  })
  return roomId
}
