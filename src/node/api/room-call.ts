import type { Peer } from '../../core/chat/index.ts'
import type { Reply } from './reply.ts'
import type { Call, Route } from './route.ts'

export interface RoomCall extends Call {
  readonly peer: Peer
  /** Id of the room that `:room` in the path stands for; empty where there is none. */
  readonly room: string
  readonly webUrl: string | undefined
}

export type RoomAnswer = readonly [
  method: Route['method'],
  path: string,
  answer: (call: RoomCall) => Reply | Promise<Reply>
]
