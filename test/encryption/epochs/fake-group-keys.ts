import {
  decodeUtf8,
  encodeUtf8,
  expectValue,
  failure,
  fromHex,
  sha256,
  success,
  toHex,
  type Result
} from '../../../src/core/bytes/index.ts'
import type { Committed, GroupEpoch, GroupKeys, GroupState } from '../../../src/core/encryption/epochs/index.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'

/** What the fake scheme holds in an epoch. */
interface FakeState extends GroupState {
  readonly secret: string
}

interface FakeCommit {
  readonly parent: GroupEpoch
  readonly epoch: GroupEpoch
  readonly committer: DeviceId
  readonly devices: readonly DeviceId[]
  readonly before: readonly DeviceId[]
  readonly fresh: string
  /** Made by one who came in by itself: the secret then follows from what is shown to such ones. */
  readonly isFromOutside: boolean
  readonly note: string
}

/**
 * A group-key scheme for model tests: no cryptography, but the same states, branches and refusals. Whoever is in an epoch derives
 * the secrets of those that follow; who is not, does not.
 */
export function fakeGroupKeys(next: () => number): GroupKeys {
  const fresh = (): string => toHex(sha256(encodeUtf8(String(next()))))

  function committed(state: Pick<FakeState, 'epoch' | 'devices' | 'secret'>, change: Partial<FakeCommit>): Committed {
    const drawn = fresh()
    const secret = hash(change.isFromOutside === true ? state.secret : outsideOf(state.secret), drawn)
    const devices = change.devices ?? state.devices
    const epoch = hash('epoch', secret).slice(0, 32) as GroupEpoch
    const commit = {
      parent: state.epoch,
      epoch,
      devices,
      before: state.devices,
      fresh: drawn,
      isFromOutside: false,
      ...change
    }
    const after: FakeState = { epoch, devices, secret }
    return { commit: encode(commit), welcome: encode(after), state: after }
  }

  return {
    createKeyPackage: async device => ({ shown: encodeUtf8(device.id), secret: encodeUtf8(device.id) }),
    deviceOf: async shown => decodeUtf8(shown) as Result<DeviceId>,
    async create(groupId, device) {
      const secret = hash(toHex(groupId), fresh())
      return { epoch: hash('epoch', secret).slice(0, 32) as GroupEpoch, devices: [device.id], secret } as GroupState
    },
    async commit(state, device, { add, remove, note }) {
      const gone = new Set(remove)
      if (!state.devices.includes(device.id) || gone.has(device.id)) return failure('not one of the group')
      const added = add.map(shown => expectValue(decodeUtf8(shown)) as DeviceId)
      if (added.some(each => state.devices.includes(each))) return failure('added twice')
      const devices = [...state.devices.filter(each => !gone.has(each)), ...added]
      return success(committed(state as FakeState, { committer: device.id, devices, note: toHex(note) }))
    },
    async process(state, bytes) {
      const { secret, epoch: parent, devices: before } = state as FakeState
      const commit = decode(bytes) as FakeCommit
      if (commit.parent !== parent) return failure('of another epoch')
      const { epoch, devices, committer, note } = commit
      const after: FakeState = { epoch, devices, secret: hash(outsideOf(secret), commit.fresh) }
      if (hash('epoch', after.secret).slice(0, 32) !== epoch) return failure('another secret comes out')
      const added = devices.filter(each => !before.includes(each))
      const removed = before.filter(each => !devices.includes(each))
      return success({ state: after, committer, added, removed, note: expectValue(fromHex(note)) })
    },
    async join(welcome, device) {
      const state = decode(welcome) as FakeState
      return state.devices.includes(device.id) ? success(state) : failure('not for this device')
    },
    async groupInfo(state) {
      const { epoch, devices, secret } = state as FakeState
      return encode({ epoch, devices, secret: outsideOf(secret) })
    },
    async joinByItself(groupInfo, device, note) {
      const state = decode(groupInfo) as FakeState
      const devices = [...state.devices.filter(each => each !== device.id), device.id]
      const change = { committer: device.id, devices, note: toHex(note), isFromOutside: true }
      return success({ ...committed(state, change), parent: state.epoch })
    },
    secretFor: async (state, purpose) => expectValue(fromHex(hash((state as FakeState).secret, purpose))),
    encode: state => encode(state),
    decode: bytes => success(decode(bytes) as FakeState)
  }
}

/** Of an epoch's secret what is shown to those who come in by themselves: nothing of the epoch follows from it. */
function outsideOf(secret: string): string {
  return hash(secret, 'from outside')
}

function hash(...parts: readonly string[]): string {
  return toHex(sha256(encodeUtf8(parts.join('\n'))))
}

function encode(value: unknown): Uint8Array {
  return encodeUtf8(JSON.stringify(value))
}

function decode(bytes: Uint8Array): unknown {
  return JSON.parse(expectValue(decodeUtf8(bytes)))
}
