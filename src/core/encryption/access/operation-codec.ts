import {
  type ByteReader,
  ByteWriter,
  decodeUtf8,
  decodeWith,
  encodeUtf8,
  expectValue,
  failure,
  fromHex,
  success,
  toHex,
  type Result
} from '../../bytes/index.ts'
import {
  CERTIFICATE_BYTES,
  PUBLIC_KEY_BYTES,
  verifyCertificate,
  type DeviceCertificate,
  type DeviceId,
  type MemberId
} from '../../identity/index.ts'
import { readAscendingIds } from '../ascending-ids.ts'
import { ROLES, type Action, type HistoryPolicy, type LastKnown, type OperationId, type Role } from './operation.ts'

/**
 * An operation as it stands in a control entry. Integers are big-endian; ids and keys have 32 bytes.
 *
 * | bytes | |
 * |---|---|
 * | 1 + 32 n | parents: number (0 to 16), ids ascending |
 * | 32 | the device's previous operation, or zeros |
 * | 1 | kind |
 *
 * | kind | then |
 * |---|---|
 * | 1 create | certificate 199 · name 2 + n · history · group id 32 · first epoch 16 · hash of its content key 32 · key package 2 + n · of a direct conversation then: the other member 32 |
 * | 2 admit | certificate 199 · role 1 · invite 32, or zeros · key package 2 + n |
 * | 3 role | member 32 · role 1; of an observer then: number 2 (to 256), of each device: device 32, last sequence 8 |
 * | 4 remove | member 32 · flags 1 (1: ban, 2: keeps invites) · number 2 (to 256), then of each device: device 32, last sequence 8 |
 * | 5 invite | public key 32 · role 1 · expires, Unix ms 6 · uses 4 (all bits: without end) |
 * | 6 revoke | invite 32 |
 * | 7 policy | flags 1 (1: name, 2: history), then those: name 2 + n · history |
 * | 8 device | certificate 199 · key package 2 + n |
 * | 9 revoke-device | member 32 · device 32 · last sequence 8 |
 * | 10 close | |
 *
 * A role is its place in `ROLES`. History is 1 byte: 0 none, 1 since joining, 2 all, 3 the last so many, then their number 4.
 */
export interface OperationContent {
  readonly parents: readonly OperationId[]
  readonly previous: OperationId | undefined
  readonly action: Action
  /** Of whose device it is that comes in by this operation, verified. */
  readonly certificate: DeviceCertificate | undefined
  /** What that device is added to the group with. */
  readonly keyPackage: Uint8Array | undefined
  /** Of `create`. */
  readonly beginning: Beginning | undefined
  /** Of `invite`: whose private half the link holds. */
  readonly inviteKey: Uint8Array | undefined
}

/** The group-key side of a room's beginning. */
export interface Beginning {
  readonly groupId: Uint8Array
  /** 16 bytes. */
  readonly epoch: Uint8Array
  readonly keyHash: Uint8Array
}

const MAX_OPERATION_PARENTS = 16
/** A key package of MLS has some 300 bytes with an Ed25519 key. */
const MAX_KEY_PACKAGE_BYTES = 4096
const MAX_NAME_BYTES = 512
/** Of whom a removal or a demotion names the last that counts. */
export const MAX_NAMED_DEVICES = 256
const ID_BYTES = 32
const EPOCH_BYTES = 16
const NO_ID = new Uint8Array(ID_BYTES)
const ENDLESS = 2 ** 32 - 1

const KINDS = [
  'create',
  'admit',
  'role',
  'remove',
  'invite',
  'revoke',
  'policy',
  'device',
  'revoke-device',
  'close'
] as const satisfies readonly Action['kind'][]

/** What an action has beside it. */
type Beside = Pick<OperationContent, 'keyPackage' | 'beginning' | 'inviteKey'>

/** What the bytes say before the certificate in them, if there is one, is verified. */
type ReadAction = Partial<Beside> &
  (
    | { readonly action: Action }
    | { readonly certificate: Uint8Array; readonly actionOf: (device: DeviceCertificate) => Action }
  )

const NOTHING_BESIDE: Beside = { keyPackage: undefined, beginning: undefined, inviteKey: undefined }

/** @throws Error when something is missing beside the action that belongs to its kind */
export function encodeOperation(said: OperationContent): Uint8Array {
  const writer = new ByteWriter().u8(said.parents.length)
  for (const parent of [...said.parents].sort()) writer.bytes(bytesOf(parent))
  writer.bytes(said.previous === undefined ? NO_ID : bytesOf(said.previous))
  writeAction(writer.u8(KINDS.indexOf(said.action.kind) + 1), said)
  return writer.finish()
}

/** The inverse; a certificate is verified. Kinds of later versions are refused. */
export async function decodeOperation(bytes: Uint8Array): Promise<Result<OperationContent>> {
  const decoded = decodeWith(bytes, readOperation)
  if (!decoded.ok) return decoded
  const { parents, previous, read } = decoded.value
  const { keyPackage, beginning, inviteKey } = { ...NOTHING_BESIDE, ...read }
  const said = { parents, previous, keyPackage, beginning, inviteKey }
  if ('action' in read) return success({ ...said, certificate: undefined, action: read.action })
  const verified = await verifyCertificate(read.certificate)
  if (!verified.ok) return failure(verified.error)
  return success({ ...said, certificate: verified.value, action: read.actionOf(verified.value) })
}

/** What an invite says. */
export interface Invite {
  /** Its public half. */
  readonly key: Uint8Array
  readonly role: Role
  readonly expires: number
  /** `Infinity`: without end. */
  readonly uses: number
}

/** The invite in an operation's bytes, which need not be verified for that; refused when it is none. */
export function decodeInvite(bytes: Uint8Array): Result<Invite> {
  const decoded = decodeWith(bytes, readOperation)
  if (!decoded.ok) return decoded
  const { read } = decoded.value
  if (!('action' in read) || read.action.kind !== 'invite' || read.inviteKey === undefined) return failure('no invite')
  const { role, expires, uses } = read.action
  return success({ key: read.inviteKey, role, expires, uses })
}

function writeAction(writer: ByteWriter, { action, certificate, keyPackage, beginning, inviteKey }: OperationContent) {
  const writeDevice = (): ByteWriter => writer.bytes(given(certificate, 'certificate').bytes)
  switch (action.kind) {
    case 'create': {
      const { groupId, epoch, keyHash } = given(beginning, 'beginning')
      writeHistory(writeDevice().shortBytes(encodeUtf8(action.name)), action.history)
        .bytes(groupId)
        .bytes(epoch)
        .bytes(keyHash)
        .shortBytes(given(keyPackage, 'key package'))
      if (action.other !== undefined) writer.bytes(bytesOf(action.other))
      return
    }
    case 'admit':
      writeRole(writeDevice(), action.role)
        .bytes(action.invite === undefined ? NO_ID : bytesOf(action.invite))
        .shortBytes(given(keyPackage, 'key package'))
      return
    case 'role':
      writeRole(writer.bytes(bytesOf(action.member)), action.role)
      if (action.role === 'observer') writeLast(writer, action.last ?? new Map())
      return
    case 'remove':
      writeLast(writer.bytes(bytesOf(action.member)).u8(flagsOf(action.bans, action.keepsInvites)), action.last)
      return
    case 'invite':
      writeRole(writer.bytes(given(inviteKey, 'key of the invite')), action.role)
        .u48(action.expires)
        .u32(Math.min(action.uses, ENDLESS))
      return
    case 'revoke':
      writer.bytes(bytesOf(action.invite))
      return
    case 'policy':
      writer.u8(flagsOf(action.name !== undefined, action.history !== undefined))
      if (action.name !== undefined) writer.shortBytes(encodeUtf8(action.name))
      if (action.history !== undefined) writeHistory(writer, action.history)
      return
    case 'device':
      writeDevice().shortBytes(given(keyPackage, 'key package'))
      return
    case 'revoke-device':
      writer.bytes(bytesOf(action.member)).bytes(bytesOf(action.device)).u64(action.last)
      return
    case 'close':
  }
}

function given<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`an operation without its ${name}`)
  return part
}

function readOperation(reader: ByteReader) {
  const parents = readAscendingIds(reader, reader.u8(), MAX_OPERATION_PARENTS) as OperationId[]
  const previous = readId(reader)
  const kind = KINDS[reader.u8() - 1]
  return { parents, previous, read: readAction(reader, kind) }
}

function readAction(reader: ByteReader, kind: Action['kind'] | undefined): ReadAction {
  switch (kind) {
    case 'create':
      return readCreate(reader)
    case 'admit':
      return readAdmit(reader)
    case 'role':
      return { action: readChange(reader) }
    case 'remove':
      return { action: readRemove(reader) }
    case 'invite':
      return readInvite(reader)
    case 'revoke':
      return { action: { kind, invite: toHex(reader.bytes(ID_BYTES)) as OperationId } }
    case 'policy':
      return { action: readPolicy(reader) }
    case 'device': {
      const certificate = reader.bytes(CERTIFICATE_BYTES)
      const keyPackage = reader.shortBytes(MAX_KEY_PACKAGE_BYTES)
      return { certificate, keyPackage, actionOf: ({ member, device }) => ({ kind, member, device }) }
    }
    case 'revoke-device':
      return { action: { kind, member: readMember(reader), device: readDevice(reader), last: reader.u64() } }
    case 'close':
      return { action: { kind } }
    case undefined:
      return reader.refuse('an operation of another kind')
  }
}

function readCreate(reader: ByteReader): ReadAction {
  const certificate = reader.bytes(CERTIFICATE_BYTES)
  const name = readName(reader)
  const history = readHistory(reader)
  const beginning = {
    groupId: reader.bytes(ID_BYTES),
    epoch: reader.bytes(EPOCH_BYTES),
    keyHash: reader.bytes(ID_BYTES)
  }
  const keyPackage = reader.shortBytes(MAX_KEY_PACKAGE_BYTES)
  const direct = reader.remaining > 0 ? { other: readMember(reader) } : {}
  return {
    certificate,
    keyPackage,
    beginning,
    actionOf: ({ device }) => ({ kind: 'create', device, name, history, ...direct })
  }
}

function readAdmit(reader: ByteReader): ReadAction {
  const certificate = reader.bytes(CERTIFICATE_BYTES)
  const role = readRole(reader)
  const invite = readId(reader)
  const keyPackage = reader.shortBytes(MAX_KEY_PACKAGE_BYTES)
  const cited = invite === undefined ? {} : { invite }
  return {
    certificate,
    keyPackage,
    actionOf: ({ member, device }) => ({ kind: 'admit', member, device, role, ...cited })
  }
}

function readRemove(reader: ByteReader): Action {
  const member = readMember(reader)
  const [bans, keepsInvites] = readFlags(reader)
  const last = readLast(reader)
  return { kind: 'remove', member, last, ...(bans && { bans }), ...(keepsInvites && { keepsInvites }) }
}

function readChange(reader: ByteReader): Action {
  const [member, role] = [readMember(reader), readRole(reader)]
  return { kind: 'role', member, role, ...(role === 'observer' && { last: readLast(reader) }) }
}

function readLast(reader: ByteReader): LastKnown {
  const count = reader.u16()
  if (count > MAX_NAMED_DEVICES) reader.refuse(`${count} devices`)
  const last = new Map<DeviceId, number>()
  for (let index = 0; index < count; index += 1) last.set(readDevice(reader), reader.u64())
  if (last.size !== count) reader.refuse('a device twice')
  return last
}

function readInvite(reader: ByteReader): ReadAction {
  const inviteKey = reader.bytes(PUBLIC_KEY_BYTES)
  const [role, expires, uses] = [readRole(reader), reader.u48(), reader.u32()]
  if (uses === 0) reader.refuse('an invite for nobody')
  const endless = uses === ENDLESS ? Number.POSITIVE_INFINITY : uses
  return { inviteKey, action: { kind: 'invite', role, expires, uses: endless } }
}

function readPolicy(reader: ByteReader): Action {
  const [hasName, hasHistory] = readFlags(reader)
  const name = hasName ? { name: readName(reader) } : {}
  const history = hasHistory ? { history: readHistory(reader) } : {}
  return { kind: 'policy', ...name, ...history }
}

function readId(reader: ByteReader): OperationId | undefined {
  const id = reader.bytes(ID_BYTES)
  return id.some(byte => byte !== 0) ? (toHex(id) as OperationId) : undefined
}

function readMember(reader: ByteReader): MemberId {
  return toHex(reader.bytes(PUBLIC_KEY_BYTES)) as MemberId
}

function readDevice(reader: ByteReader): DeviceId {
  return toHex(reader.bytes(PUBLIC_KEY_BYTES)) as DeviceId
}

function readRole(reader: ByteReader): Role {
  return ROLES[reader.u8()] ?? reader.refuse('a role of another kind')
}

function writeLast(writer: ByteWriter, last: LastKnown): void {
  writer.u16(last.size)
  for (const [device, sequence] of last) writer.bytes(bytesOf(device)).u64(sequence)
}

function writeRole(writer: ByteWriter, role: Role): ByteWriter {
  return writer.u8(ROLES.indexOf(role))
}

function readName(reader: ByteReader): string {
  const name = decodeUtf8(reader.shortBytes(MAX_NAME_BYTES))
  return name.ok ? name.value : reader.refuse(name.error)
}

function writeHistory(writer: ByteWriter, history: HistoryPolicy): ByteWriter {
  if (typeof history === 'number') return writer.u8(3).u32(history)
  return writer.u8({ none: 0, joined: 1, all: 2 }[history])
}

function readHistory(reader: ByteReader): HistoryPolicy {
  const kind = reader.u8()
  if (kind === 3) return reader.u32()
  return (['none', 'joined', 'all'] as const)[kind] ?? reader.refuse('a history policy of another kind')
}

function flagsOf(first = false, second = false): number {
  return Number(first) + 2 * Number(second)
}

function readFlags(reader: ByteReader): [boolean, boolean] {
  const flags = reader.u8()
  if (flags > 3) reader.refuse(`flags of ${flags}`)
  return [(flags & 1) === 1, (flags & 2) === 2]
}

function bytesOf(id: string): Uint8Array {
  return expectValue(fromHex(id))
}
