import {
  createCommit,
  createGroup,
  createGroupInfoWithExternalPub,
  defaultLifetime,
  emptyPskIndex,
  generateKeyPackageWithKey,
  joinGroup,
  joinGroupExternal,
  mlsExporter,
  processPublicMessage,
  type Capabilities,
  type CiphersuiteImpl,
  type ClientConfig,
  type ClientState,
  type KeyPackage as MlsKeyPackage,
  type PrivateKeyPackage,
  type Proposal,
  type RatchetTree,
  type Welcome
} from 'ts-mls'
import { defaultClientConfig } from 'ts-mls/clientConfig.js'
import { makeKeyPackageRef, verifyKeyPackage } from 'ts-mls/keyPackage.js'
import { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js'
import { decryptGroupInfo, decryptGroupSecrets } from 'ts-mls/welcome.js'
import {
  concatBytes,
  encodeUtf8,
  equalBytes,
  expectValue,
  failure,
  fromHex,
  sha256,
  success,
  toHex,
  type Result
} from '../../bytes/index.ts'
import { deviceIdOf, PUBLIC_KEY_BYTES, type DeviceId } from '../../identity/index.ts'
import type { GroupDevice, GroupEpoch, GroupKeys, GroupState, KeyPackage } from '../epochs/index.ts'
import { checkedTree } from './checked-tree.ts'
import {
  decodeMessage,
  decodeShown,
  decodeState,
  decodeWithTree,
  encodeMessage,
  encodeShown,
  encodeState,
  encodeWithTree
} from './codec.ts'
import { withoutSecretTree } from './secret-tree.ts'
import { mlsSuite, SUITE } from './suite.ts'
import { verifiedTogether } from './verified-together.ts'

const PRIVATE_KEY_BYTES = 32

/** What ts-mls offers by default holds random values for others to ignore, and suites that are not here. */
const CAPABILITIES: Capabilities = {
  versions: ['mls10'],
  ciphersuites: [SUITE],
  extensions: [],
  proposals: [],
  credentials: ['basic']
}

/** A leaf is a device: its credential is the public key that it signs with. Whether that device belongs in is not asked here. */
const CONFIG: ClientConfig = {
  ...defaultClientConfig,
  authService: {
    validateCredential: async (credential, key) =>
      credential.credentialType === 'basic' && key.length === PUBLIC_KEY_BYTES && equalBytes(credential.identity, key)
  }
}

interface MlsState extends GroupState {
  readonly client: ClientState
}

/**
 * Group keys by MLS (RFC 9420) with ts-mls. Commits travel as public messages, since they are sealed as entries already; welcomes and group infos
 * have the ratchet tree beside them. Application messages are not used, so that a state needs no former epochs and no secret tree.
 *
 * @param given the suite, where a hostile member seals otherwise
 */
export async function mlsGroupKeys(given?: CiphersuiteImpl): Promise<GroupKeys> {
  const suite = withoutSecretTree(given ?? (await mlsSuite()))

  async function generate({ id, signingKey }: GroupDevice) {
    const publicKey = expectValue(fromHex(id, PUBLIC_KEY_BYTES))
    const credential = { credentialType: 'basic', identity: publicKey } as const
    const pair = { signKey: signingKey, publicKey }
    return generateKeyPackageWithKey(credential, CAPABILITIES, defaultLifetime, [], pair, suite)
  }

  async function checkedKeyPackage(shown: Uint8Array): Promise<Result<MlsKeyPackage>> {
    const decoded = decodeShown(shown)
    if (!decoded.ok) return decoded
    const { leafNode, cipherSuite } = decoded.value
    const { credential, signaturePublicKey } = leafNode
    if (cipherSuite !== SUITE) return failure('a key package of another suite')
    if (!(await CONFIG.authService.validateCredential(credential, signaturePublicKey)))
      return failure('a key package in the name of another device')
    const isSigned =
      (await verifyKeyPackage(decoded.value, suite.signature)) &&
      (await verifyLeafNodeSignatureKeyPackage(leafNode, suite.signature))
    return isSigned ? decoded : failure('a key package that its device did not sign')
  }

  return {
    async createKeyPackage(device) {
      const { publicPackage, privatePackage } = await generate(device)
      const secret = concatBytes([privatePackage.initPrivateKey, privatePackage.hpkePrivateKey])
      return { shown: encodeShown(publicPackage), secret }
    },
    deviceOf: shown =>
      attempt(async () => {
        const checked = await checkedKeyPackage(shown)
        return checked.ok ? success(deviceIdOf(checked.value.leafNode.signaturePublicKey)) : checked
      }),
    async create(groupId, device) {
      const { publicPackage, privatePackage } = await generate(device)
      return stateOf(await createGroup(groupId, publicPackage, privatePackage, [], suite, CONFIG))
    },
    commit: (state, device, { add, remove, note }) =>
      attempt(async () => {
        const { client } = state as MlsState
        const removed = remove.map(each => leafOf(client.ratchetTree, each))
        if (removed.includes(-1)) return failure('not one of the group')
        const proposals: Proposal[] = removed.map(leaf => ({ proposalType: 'remove', remove: { removed: leaf } }))
        for (const shown of add) {
          const checked = await checkedKeyPackage(shown)
          if (!checked.ok) return checked
          proposals.push({ proposalType: 'add', add: { keyPackage: checked.value } })
        }
        const signing = { ...client, signaturePrivateKey: device.signingKey }
        const { commit, welcome, newState } = await createCommit(
          { state: signing, cipherSuite: suite },
          { wireAsPublicMessage: true, extraProposals: proposals, authenticatedData: note }
        )
        return success({
          commit: encodeMessage(commit),
          welcome:
            welcome &&
            encodeWithTree({
              message: { version: 'mls10', wireformat: 'mls_welcome', welcome },
              tree: newState.ratchetTree
            }),
          state: stateOf(newState)
        })
      }),
    process: (state, bytes) =>
      attempt(async () => {
        const message = decodeMessage(bytes)
        if (!message.ok) return message
        if (message.value.wireformat !== 'mls_public_message') return failure('not a commit')
        const { publicMessage } = message.value
        const { content } = publicMessage
        if (content.contentType !== 'commit') return failure('not a commit')
        const { client } = state as MlsState
        const result = await processPublicMessage(client, publicMessage, emptyPskIndex, suite, incoming =>
          incoming.kind === 'commit' && incoming.proposals.every(({ proposal }) => isAllowed(proposal))
            ? 'accept'
            : 'reject'
        )
        if (result.actionTaken === 'reject') return failure('a commit that does more than add and remove')
        if (result.newState.groupActiveState.kind !== 'active') return failure('this device is removed')
        const { sender } = content
        const isMember = sender.senderType === 'member'
        const signer = isMember
          ? deviceAt(client.ratchetTree, sender.leafIndex)
          : content.commit.path && deviceIdOf(content.commit.path.leafNode.signaturePublicKey)
        if (signer === undefined) return failure('a commit by nobody')
        const after = stateOf(result.newState)
        const added = after.devices.filter(each => !state.devices.includes(each))
        const removed = state.devices.filter(each => !after.devices.includes(each))
        if (!isMember && removed.length > 0) return failure('somebody removed from outside')
        return success({ state: after, committer: signer, added, removed, note: content.authenticatedData.slice() })
      }),
    join: (bytes, device, keyPackage) =>
      attempt(async () => {
        const decoded = decodeWithTree(bytes)
        if (!decoded.ok) return decoded
        const { message, tree } = decoded.value
        if (message.wireformat !== 'mls_welcome') return failure('not a welcome')
        const shown = decodeShown(keyPackage.shown)
        if (!shown.ok) return shown
        const secret = privateHalf(keyPackage, device)
        if (await carriesTree(message.welcome, shown.value, secret, suite)) return failure('a welcome with two trees')
        const checked = await checkedTree(tree, suite)
        if (!checked.ok) return checked
        const joined = await verifiedTogether(suite, verifying =>
          joinGroup(message.welcome, shown.value, secret, emptyPskIndex, verifying, checked.value, undefined, CONFIG)
        )
        return joined.ok ? success(stateOf({ ...joined.value, ratchetTree: tree })) : joined
      }),
    async groupInfo(state) {
      const { client } = state as MlsState
      const groupInfo = await createGroupInfoWithExternalPub(client, [], suite)
      const message = { version: 'mls10', wireformat: 'mls_group_info', groupInfo } as const
      return encodeWithTree({ message, tree: client.ratchetTree })
    },
    joinByItself: (bytes, device, note) =>
      attempt(async () => {
        const decoded = decodeWithTree(bytes)
        if (!decoded.ok) return decoded
        const { message, tree } = decoded.value
        if (message.wireformat !== 'mls_group_info') return failure('not a group info')
        const { groupInfo } = message
        if (groupInfo.extensions.some(isTree)) return failure('a group info with two trees')
        const checked = await checkedTree(tree, suite)
        if (!checked.ok) return checked
        const { publicPackage, privatePackage } = await generate(device)
        const wasIn = leafOf(tree, device.id) !== -1
        const joined = await verifiedTogether(suite, verifying =>
          joinGroupExternal(groupInfo, publicPackage, privatePackage, wasIn, verifying, checked.value, CONFIG, note)
        )
        if (!joined.ok) return joined
        const { publicMessage, newState } = joined.value
        return success({
          commit: encodeMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage }),
          welcome: undefined,
          state: stateOf(newState),
          parent: epochOf(groupInfo)
        })
      }),
    secretFor: (state, purpose) =>
      mlsExporter(
        (state as MlsState).client.keySchedule.exporterSecret,
        `starling/${purpose}/1`,
        expectValue(fromHex(state.epoch)),
        32,
        suite
      ),
    encode: state => encodeState((state as MlsState).client),
    decode(bytes) {
      const decoded = decodeState(bytes)
      return decoded.ok ? success(stateOf({ ...decoded.value, clientConfig: CONFIG })) : decoded
    }
  }
}

function epochOf({ groupContext, confirmationTag }: Pick<ClientState, 'groupContext' | 'confirmationTag'>): GroupEpoch {
  const { groupId, confirmedTranscriptHash } = groupContext
  const named = [encodeUtf8('starling/epoch/1'), groupId, confirmedTranscriptHash, confirmationTag]
  return toHex(sha256(concatBytes(named)).subarray(0, 16)) as GroupEpoch
}

function stateOf(client: ClientState): MlsState {
  return {
    epoch: epochOf(client),
    devices: client.ratchetTree.flatMap(node =>
      node?.nodeType === 'leaf' ? [deviceIdOf(node.leaf.signaturePublicKey)] : []
    ),
    client: { ...client, secretTree: [], historicalReceiverData: new Map() }
  }
}

function deviceAt(tree: RatchetTree, leaf: number): DeviceId | undefined {
  const node = tree[2 * leaf]
  return node?.nodeType === 'leaf' ? deviceIdOf(node.leaf.signaturePublicKey) : undefined
}

/** -1 when the device has none. */
function leafOf(tree: RatchetTree, device: DeviceId): number {
  const index = tree.findIndex(node => node?.nodeType === 'leaf' && deviceIdOf(node.leaf.signaturePublicKey) === device)
  return index === -1 ? -1 : index / 2
}

function isAllowed({ proposalType }: Proposal): boolean {
  return proposalType === 'add' || proposalType === 'remove' || proposalType === 'external_init'
}

function isTree({ extensionType }: { extensionType: unknown }): boolean {
  return extensionType === 'ratchet_tree'
}

function privateHalf({ secret }: KeyPackage, { signingKey }: GroupDevice): PrivateKeyPackage {
  return {
    initPrivateKey: secret.slice(0, PRIVATE_KEY_BYTES),
    hpkePrivateKey: secret.slice(PRIVATE_KEY_BYTES),
    signaturePrivateKey: signingKey
  }
}

/** Such a tree would be taken instead of the one beside the welcome, and checked slowly. */
async function carriesTree(
  welcome: Welcome,
  keyPackage: MlsKeyPackage,
  { initPrivateKey }: PrivateKeyPackage,
  suite: CiphersuiteImpl
): Promise<boolean> {
  const reference = await makeKeyPackageRef(keyPackage, suite.hash)
  const key = await suite.hpke.importPrivateKey(initPrivateKey)
  const secrets = await decryptGroupSecrets(key, reference, welcome, suite.hpke)
  if (secrets === undefined) return false
  const noPsk = new Uint8Array(suite.kdf.size)
  const info = await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, suite)
  return info?.extensions.some(isTree) ?? false
}

/** ts-mls throws what it refuses. */
async function attempt<T>(run: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await run()
  } catch (thrown) {
    return failure(thrown instanceof Error ? thrown.message : 'refused')
  }
}
