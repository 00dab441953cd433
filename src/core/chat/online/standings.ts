import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { Standing } from './meeting.ts'

/** Who is in a room, as its link asks for it and tells of it. */
export interface Standings {
  /** What others are in the room. */
  readonly standing: (device: DeviceId, member: MemberId) => Standing
  /** The rendezvous secret of the generation whose control entries have this epoch in their headers; undefined when it is not known here. */
  readonly generationOf: (epoch: Uint8Array) => Uint8Array | undefined
  /** Has this device come back into the epoch that all go on from, and others told of it. */
  readonly comeBack: (groupInfo: Uint8Array) => Promise<unknown>
  /** The name of a member is known who had none here. */
  readonly named: (member: MemberId) => void
}

/** Of an open room, where there are no generations. */
export const EVERYBODY_IS_IN: Standings = {
  standing: () => 'in',
  generationOf: () => undefined,
  comeBack: async () => undefined,
  named: () => undefined
}
