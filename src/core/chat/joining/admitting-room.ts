import type { OperationId, Role, RoomId } from '../../encryption/index.ts'
import type { DeviceRequest } from './device-request.ts'
import type { JoinAnswer, JoinRequest } from './join-codec.ts'

/** A private room as those who come by an invite see it: a port, which the room implements. */
export interface AdmittingRoom {
  readonly roomId: RoomId
  /**
   * Those that have not expired, as far as is known here, newest first; behind them those that are used up or revoked: who comes by one
   * of these is told so.
   */
  invites(): readonly OpenInvite[]
  /**
   * Takes in an invite that a newcomer brought: its signed words (`sealSignedWords`), whose author's signature holds. Does nothing
   * unless that author may invite by what is known here, or the generation is not known.
   */
  takeInvite(words: Uint8Array): Promise<void>
  /**
   * Lets the newcomer in, or says why not. All signatures in the request hold; whether the key that signed it is that of this very invite,
   * and whose key package it is, is for the room to check: 'not-allowed' if not, or for an invite that is not known here. Called for one
   * request at a time.
   *
   * 1. Who is in already with this very device is given the same once more: an answer may have been lost.
   * 2. A key package that has brought a device in once does not do so again: so nobody is brought back by a request that
   *    somebody else has heard and says again.
   * 3. Resolves when the admission is durable.
   * 4. A further device of a member needs no invite, whichever it came by: the root's certificate in the request lets it in.
   */
  admit(request: JoinRequest): Promise<JoinAnswer>
  /** As `admit` of a further device that comes by itself; undefined where its member was never in. */
  admitDevice(request: DeviceRequest): Promise<JoinAnswer | undefined>
  /** The rendezvous secrets by which members meet now, newest first: devices of theirs leave requests under them. */
  deviceMeetings(): readonly Uint8Array[]
}

export interface OpenInvite {
  readonly id: OperationId
  /** Ed25519, 32 bytes: the link holds the private half. */
  readonly publicKey: Uint8Array
  readonly expires: number
  readonly role: Role
}
