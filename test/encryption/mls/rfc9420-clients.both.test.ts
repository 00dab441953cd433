import {
  decodeMlsMessage,
  joinGroup,
  makePskIndex,
  processPrivateMessage,
  processPublicMessage,
  type ClientState
} from 'ts-mls'
import { ed25519 } from '@noble/curves/ed25519.js'
import { decryptWithLabel, encryptWithLabel } from 'ts-mls/crypto/hpke.js'
import { decodeRatchetTree } from 'ts-mls/ratchetTree.js'
import { bytesToBase64 } from 'ts-mls/util/byteArray.js'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/core/bytes/index.ts'
import { loadVectors } from '../vectors/load.ts'
import { bytes, decoded, openSuite } from './published.ts'

const suite = await openSuite()

interface PassiveClient {
  readonly external_psks: readonly { readonly psk_id: string; readonly psk: string }[]
  readonly key_package: string
  readonly signature_priv: string
  readonly encryption_priv: string
  readonly init_priv: string
  readonly welcome: string
  readonly ratchet_tree: string | null
  readonly initial_epoch_authenticator: string
  readonly epochs: readonly {
    readonly proposals: readonly string[]
    readonly commit: string
    readonly epoch_authenticator: string
  }[]
}

type Psks = Record<string, Uint8Array>

async function joined(vector: PassiveClient, psks: Psks): Promise<ClientState> {
  const shown = decoded(decodeMlsMessage, vector.key_package)
  const message = decoded(decodeMlsMessage, vector.welcome)
  if (shown.wireformat !== 'mls_key_package' || message.wireformat !== 'mls_welcome') throw new Error('other messages')
  const { leafNode, initKey } = shown.keyPackage
  const secret = {
    signaturePrivateKey: bytes(vector.signature_priv),
    hpkePrivateKey: bytes(vector.encryption_priv),
    initPrivateKey: bytes(vector.init_priv)
  }
  expect(ed25519.getPublicKey(secret.signaturePrivateKey)).toEqual(leafNode.signaturePublicKey)
  expect(await isPair(leafNode.hpkePublicKey, secret.hpkePrivateKey)).toBe(true)
  expect(await isPair(initKey, secret.initPrivateKey)).toBe(true)
  const tree = vector.ratchet_tree === null ? undefined : decoded(decodeRatchetTree, vector.ratchet_tree)
  return joinGroup(message.welcome, shown.keyPackage, secret, makePskIndex(undefined, psks), suite, tree)
}

/** Whether what is sealed to the one is opened by the other. */
async function isPair(publicKey: Uint8Array, privateKey: Uint8Array): Promise<boolean> {
  const [to, by] = [await suite.hpke.importPublicKey(publicKey), await suite.hpke.importPrivateKey(privateKey)]
  const sealed = await encryptWithLabel(to, 'test', publicKey, publicKey, suite.hpke)
  const opened = await decryptWithLabel(by, 'test', publicKey, sealed.enc, sealed.ct, suite.hpke)
  return toHex(opened) === toHex(publicKey)
}

async function processed(state: ClientState, psks: Psks, hex: string): Promise<ClientState> {
  const message = decoded(decodeMlsMessage, hex)
  const index = makePskIndex(state, psks)
  if (message.wireformat === 'mls_public_message')
    return (await processPublicMessage(state, message.publicMessage, index, suite)).newState
  if (message.wireformat === 'mls_private_message')
    return (await processPrivateMessage(state, message.privateMessage, index, suite)).newState
  throw new Error(`not for a group: ${message.wireformat}`)
}

/** Joins, follows every commit, and is in the published epoch each time. */
async function follow(vector: PassiveClient): Promise<number> {
  const psks = Object.fromEntries(
    vector.external_psks.map(each => [bytesToBase64(bytes(each.psk_id)), bytes(each.psk)])
  )
  let state = await joined(vector, psks)
  expect(toHex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator)
  for (const { proposals, commit, epoch_authenticator } of vector.epochs) {
    for (const message of [...proposals, commit]) state = await processed(state, psks, message)
    expect(toHex(state.keySchedule.epochAuthenticator)).toBe(epoch_authenticator)
  }
  return vector.epochs.length
}

test.for([
  ['passive-client-welcome', 0],
  ['passive-client-handling-commit', 26],
  ['passive-client-random', 25]
] as const)('%s: who is welcomed follows every commit of the others', async ([name, commits]) => {
  let followed = 0
  for (const vector of await loadVectors<PassiveClient>(`mls-${name}`)) followed += await follow(vector)
  expect(followed).toBe(commits)
})
