import { NotAllowedError, UsageError, type Clock, type RandomBytes, type Result } from '../bytes/index.ts'
import {
  checkIdentityExport,
  createIdentitySecrets,
  createPassphraseKey,
  encodeIdentityExport,
  openIdentity,
  openIdentityExport,
  parseNewPassphrase,
  phraseOfRoot,
  rootOfPhrase,
  typedPassphrase,
  type IdentityExport,
  type Passphrase,
  type PortableIdentity
} from '../identity/index.ts'
import type { Storage } from '../log/index.ts'
import { loadNick, loadSecrets, nickChange, secretsChanges, storedSecrets } from './identity-record.ts'
import { hintsChange, portableRooms } from './own-room-hints.ts'
import { hasEnteredRooms } from './room-records.ts'
import { Serial } from './serial.ts'
import { isWrapped, wrongPassphrase, type AskPassphrase, type OpenSecrets } from './stored-secrets.ts'

/**
 * The secrets of this device's identity: protecting them, taking them elsewhere, bringing them here. Works on the store
 * alone, beside a peer that runs on it or without one; a running peer goes on with the keys that it opened.
 *
 * Whatever needs the secrets asks for the passphrase, if there is one, and throws `NotAllowedError` when it is wrong.
 */
export interface IdentityVault {
  isProtected(): Promise<boolean>
  /** Sets or changes the passphrase; undefined takes it away. */
  setPassphrase(next: string | undefined, ask: AskPassphrase): Promise<void>
  /** The root key, the nickname, and where the private rooms' members are found, as a text that `passphrase` opens. */
  exportIdentity(passphrase: string, ask: AskPassphrase): Promise<IdentityExport>
  /** The root key as 24 words. */
  phrase(ask: AskPassphrase): Promise<string>
  /** Makes this a new device of the exported member; throws where another identity is in use here. */
  importExport(text: string, passphrase: string): Promise<ImportedIdentity>
  importPhrase(words: string): Promise<ImportedIdentity>
  /** Rejects as an import of this would, before its passphrase is asked for; `undefined`: of any. */
  checkImport(text?: string): Promise<void>
}

export interface ImportedIdentity {
  readonly member: string
  readonly device: string
  readonly nick: string | undefined
  /** Names of the private rooms that the device asks to come into from its next run on. */
  readonly rooms: readonly string[]
}

export interface IdentityVaultDeps {
  readonly storage: Pick<Storage, 'records' | 'room'>
  readonly clock: Clock
  readonly random: RandomBytes
  /** Of this device, where it is online. */
  readonly addresses?: () => readonly string[]
}

export function createIdentityVault(deps: IdentityVaultDeps): IdentityVault {
  const { storage, clock, random, addresses = () => [] } = deps
  const { records } = storage
  const changes = new Serial()
  const load = (ask: AskPassphrase): Promise<OpenSecrets> => loadSecrets(records, clock, random, ask)

  async function isProtected(): Promise<boolean> {
    const stored = await storedSecrets(records)
    return stored !== undefined && isWrapped(stored)
  }

  /** An identity that has a name, a passphrase or rooms is somebody's: an import would lose it. */
  async function checkFresh(): Promise<void> {
    const isUsed = (await isProtected()) || (await loadNick(records)) !== undefined || (await hasEnteredRooms(records))
    if (!isUsed) return
    throw new NotAllowedError(
      'another identity is in use here, which an import would lose: import into a fresh data folder or profile'
    )
  }

  function become({ rootSeed, nick, rooms }: PortableIdentity): Promise<ImportedIdentity> {
    return changes.run(async () => {
      await checkFresh()
      const secrets = { ...createIdentitySecrets(random, clock.now()), rootSeed }
      const named = nick === undefined ? [] : [nickChange(nick)]
      await records.write([...secretsChanges({ secrets, key: undefined }, random), ...named, hintsChange(rooms)])
      const { member, device } = (await openIdentity(secrets)).certificate
      return { member, device, nick, rooms: rooms.map(({ name }) => name) }
    })
  }

  return {
    isProtected,
    async setPassphrase(next, ask) {
      const passphrase = next === undefined ? undefined : newPassphrase(next)
      return changes.run(async () => {
        const { secrets } = await load(ask)
        const key = passphrase && (await createPassphraseKey(passphrase, random))
        await records.write(secretsChanges({ secrets, key }, random))
      })
    },
    async exportIdentity(text, ask) {
      const passphrase = newPassphrase(text)
      const { secrets } = await load(ask)
      const portable = {
        rootSeed: secrets.rootSeed,
        nick: await loadNick(records),
        rooms: await portableRooms(storage, addresses())
      }
      return encodeIdentityExport(portable, passphrase, random)
    },
    async phrase(ask) {
      return phraseOfRoot((await load(ask)).secrets.rootSeed)
    },
    async importExport(text, passphrase) {
      await checkFresh()
      const opened = usable(await openIdentityExport(text, typedPassphrase(passphrase)))
      if (opened === 'wrong passphrase') throw wrongPassphrase()
      return become(opened)
    },
    async importPhrase(words) {
      return become({ rootSeed: usable(await rootOfPhrase(words)), nick: undefined, rooms: [] })
    },
    async checkImport(text) {
      if (text !== undefined) usable(checkIdentityExport(text))
      await checkFresh()
    }
  }
}

function newPassphrase(text: string): Passphrase {
  return usable(parseNewPassphrase(text))
}

function usable<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new UsageError(result.error)
}
