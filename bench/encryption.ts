// Group keys: what sealing and opening a message costs against MLS application messages, and commits, removals and joins against ts-mls as it comes,
// on the very same group in the same run. `npm run bench`; `node bench/encryption.ts --large` fills the tree of 500, which takes minutes.
import process from 'node:process'
import {
  acceptAll,
  createApplicationMessage,
  createCommit,
  decodeGroupState,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processMessage,
  processPrivateMessage,
  type ClientState,
  type PrivateMessage,
  type Proposal
} from 'ts-mls'
import { defaultClientConfig } from 'ts-mls/clientConfig.js'
import { createSecretTree } from 'ts-mls/secretTree.js'
import { leafWidth } from 'ts-mls/treemath.js'
import { encodeUtf8, expectValue, fromHex, systemRandom } from '../src/core/bytes/index.ts'
import type { GroupDevice, GroupState } from '../src/core/encryption/epochs/index.ts'
import { openEntry, sealEntry, type RoomId } from '../src/core/encryption/index.ts'
import { mlsGroupKeys } from '../src/core/encryption/mls/index.ts'
import { deviceIdOf, signingKey } from '../src/core/identity/index.ts'
import type { Entry } from '../src/core/log/index.ts'
import { median } from './bench-peer.ts'

const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'
const NOTE = new Uint8Array(32)
const MESSAGES = 200
const ROUNDS = 5
const TEXT = encodeUtf8('x'.repeat(100))
const IS_LARGE = process.argv.includes('--large')
/**
 * How many of the members have renewed their leaves, and so filled the parents above them, and how often each step is measured. The fewer
 * parents are filled, the more stock ts-mls hashes again for each leaf when somebody joins.
 */
const GROUPS = [
  { members: 2, renewed: 1, runs: 9 },
  { members: 10, renewed: 1, runs: 9 },
  { members: 10, renewed: 10, runs: 9 },
  { members: 100, renewed: 1, runs: 7 },
  { members: 100, renewed: 100, runs: 7 },
  { members: 500, renewed: 1, runs: 3 },
  { members: 500, renewed: 3, runs: 3 },
  { members: 500, renewed: IS_LARGE ? 500 : 32, runs: 3 }
]

const keys = await mlsGroupKeys()
const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))

/** Two devices in the same epoch of a group. */
interface Group {
  readonly device: GroupDevice
  readonly state: GroupState
  readonly other: GroupDevice
  readonly stateOfOther: GroupState
}

async function newDevice(): Promise<GroupDevice> {
  const seed = systemRandom(32)
  return { id: deviceIdOf((await signingKey(seed)).publicKey), signingKey: seed }
}

/** All are added by one commit; then some renew their leaves, each by coming in anew, which needs no state. */
async function groupOf(members: number, renewed: number): Promise<Group> {
  const founder = await newDevice()
  const devices = [founder]
  const add: Uint8Array[] = []
  for (let count = 1; count < members; count += 1) {
    const device = await newDevice()
    devices.push(device)
    add.push((await keys.createKeyPackage(device)).shown)
  }
  const alone = await keys.create(systemRandom(32), founder)
  const { state } = expectValue(await keys.commit(alone, founder, { add, remove: [], note: NOTE }))
  let group: Group = { device: founder, state, other: founder, stateOfOther: state }
  for (let turn = 1; turn <= renewed; turn += 1) {
    const device = devices[Math.floor((turn * members) / renewed) - 1] ?? founder
    const entered = expectValue(await keys.joinByItself(await keys.groupInfo(group.state), device, NOTE))
    const isLast = turn === renewed
    const stateOfOther = isLast ? expectValue(await keys.process(group.state, entered.commit)).state : group.state
    group = { device, state: entered.state, other: group.device, stateOfOther }
  }
  return group
}

const STEPS = ['commit', 'take a commit', 'removal', 'join'] as const
type Times = Record<(typeof STEPS)[number], number>

/** By `mlsGroupKeys`, from bytes to bytes. */
async function ours({ device, state, other, stateOfOther }: Group): Promise<Times> {
  const change = { add: [], remove: [], note: NOTE }
  const [commit, { commit: renewal }] = await timed(async () => expectValue(await keys.commit(state, device, change)))
  const [taken] = await timed(async () => expectValue(await keys.process(stateOfOther, renewal)))
  const [removal] = await timed(async () =>
    expectValue(await keys.commit(state, device, { ...change, remove: [other.id] }))
  )
  const newcomer = await newDevice()
  const keyPackage = await keys.createKeyPackage(newcomer)
  const { welcome } = expectValue(await keys.commit(state, device, { ...change, add: [keyPackage.shown] }))
  const [join] = await timed(async () =>
    expectValue(await keys.join(welcome ?? new Uint8Array(), newcomer, keyPackage))
  )
  return { commit, 'take a commit': taken, removal, join }
}

/** By ts-mls with what it does where nothing else is asked for, messages as objects. */
async function stock(client: ClientState, clientOfOther: ClientState, other: GroupDevice): Promise<Times> {
  const context = { state: client, cipherSuite: suite }
  const [commit, renewal] = await timed(() => createCommit(context))
  const message = renewal.commit
  if (message.wireformat !== 'mls_private_message') throw new Error('a public message')
  const [taken] = await timed(() => processMessage(message, clientOfOther, emptyPskIndex, acceptAll, suite))
  const leaf = leafOf(clientOfOther, other)
  const remove: Proposal = { proposalType: 'remove', remove: { removed: leaf } }
  const [removal] = await timed(() => createCommit(context, { extraProposals: [remove] }))
  const credential = { credentialType: 'basic', identity: systemRandom(32) } as const
  const newcomer = await generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], suite)
  const add: Proposal = { proposalType: 'add', add: { keyPackage: newcomer.publicPackage } }
  const { welcome, newState } = await createCommit(context, { extraProposals: [add] })
  if (welcome === undefined) throw new Error('no welcome')
  const [join] = await timed(() =>
    joinGroup(welcome, newcomer.publicPackage, newcomer.privatePackage, emptyPskIndex, suite, newState.ratchetTree)
  )
  return { commit, 'take a commit': taken, removal, join }
}

/** A state of ours has no secret tree, so that each device is given the same one. */
async function stockState(state: GroupState): Promise<ClientState> {
  const decoded = decodeGroupState(keys.encode(state), 0)
  if (decoded === undefined) throw new Error('a state that does not decode')
  const [client] = decoded
  const secretTree = await createSecretTree(leafWidth(client.ratchetTree.length), new Uint8Array(32), suite.kdf)
  return { ...client, secretTree, clientConfig: defaultClientConfig }
}

function leafOf(client: ClientState, device: GroupDevice): number {
  const index = client.ratchetTree.findIndex(
    node => node?.nodeType === 'leaf' && deviceIdOf(node.leaf.signaturePublicKey) === device.id
  )
  return index / 2
}

async function benchGroup({ members, renewed, runs }: (typeof GROUPS)[number]): Promise<void> {
  const group = await groupOf(members, renewed)
  const [client, clientOfOther] = [await stockState(group.state), await stockState(group.stateOfOther)]
  const times: { ours: Times; stock: Times }[] = []
  for (let run = 0; run < runs; run += 1)
    times.push({ ours: await ours(group), stock: await stock(client, clientOfOther, group.other) })
  const shown = STEPS.map(step => {
    const [here, there] = [median(times.map(each => each.ours[step])), median(times.map(each => each.stock[step]))]
    return `${step} ${here.toFixed(0)} ms, ${(here / there).toFixed(2)} of stock`
  })
  process.stdout.write(`${members} members, of whom ${renewed} renewed: ${shown.join(' · ')}\n`)
}

/** What is said once, sealed as an entry's body and as an application message. */
async function benchMessages(members: number): Promise<void> {
  const { device, state, stateOfOther } = await groupOf(members, Math.min(members, 10))
  const author = await signingKey(device.signingKey)
  const room = { roomId: '00'.repeat(32) as RoomId, contentKey: await keys.secretFor(state, 'content') }
  const epoch = expectValue(fromHex(state.epoch))
  const [sealed, opened, spoken, heard]: [number[], number[], number[], number[]] = [[], [], [], []]
  let [from, to] = [await stockState(state), await stockState(stateOfOther)]
  for (let round = 0; round < ROUNDS; round += 1) {
    const entries: Entry[] = []
    const messages: PrivateMessage[] = []
    const each = Array.from({ length: MESSAGES }, (_, index) => index + 1)
    const [seal] = await timed(async () => {
      for (const sequence of each) {
        const clock = { ms: Date.now(), counter: sequence }
        const header = { class: 'chat', epoch, clock, extensions: [], salt: systemRandom(16) } as const
        const body = { sequence: 1, previous: undefined, parents: [], kind: 1, content: TEXT }
        entries.push(await sealEntry(room, author, header, body))
      }
    })
    const [open] = await timed(async () => {
      for (const entry of entries) expectValue(await openEntry(room, entry))
    })
    const [speak] = await timed(async () => {
      for (const _ of each) {
        const { newState, privateMessage } = await createApplicationMessage(from, TEXT, suite)
        from = newState
        messages.push(privateMessage)
      }
    })
    const [hear] = await timed(async () => {
      for (const message of messages) {
        const { kind, newState } = await processPrivateMessage(to, message, emptyPskIndex, suite)
        if (kind !== 'applicationMessage') throw new Error('no application message')
        to = newState
      }
    })
    sealed.push(seal / MESSAGES)
    opened.push(open / MESSAGES)
    spoken.push(speak / MESSAGES)
    heard.push(hear / MESSAGES)
  }
  const ratio = (a: readonly number[], b: readonly number[]): string => (median(a) / median(b)).toFixed(2)
  process.stdout.write(
    `a message of ${TEXT.length} bytes among ${members}: sealed in ${median(sealed).toFixed(2)} ms, ${ratio(sealed, spoken)} of an ` +
      `application message; opened in ${median(opened).toFixed(2)} ms, ${ratio(opened, heard)} of one\n`
  )
}

/** In time of the processor, all threads, as other programs take turns with this one. */
async function timed<T>(work: () => Promise<T>): Promise<[ms: number, value: T]> {
  const start = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(start)
  return [(user + system) / 1000, value]
}

for (const members of [10, 100]) await benchMessages(members)
for (const group of GROUPS) await benchGroup(group)
