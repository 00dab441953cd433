import { decodeUtf8, encodeUtf8, expectValue, type Clock, type RandomBytes } from '../bytes/index.ts'
import {
  createIdentitySecrets,
  openIdentity,
  parseNickname,
  type DisplayName,
  type Identity
} from '../identity/index.ts'
import type { RecordChange, RecordStore } from '../log/index.ts'
import { askOnce, openSecrets, sealSecrets, type AskPassphrase, type OpenSecrets } from './stored-secrets.ts'

/** What a member is told whose device became a new one. */
export const COPIED_WORDS =
  'The data of this device was restored from a copy, or is used in two places: start Starling anew (or reload its page), and it becomes a new device of yours.'

const SECRETS_RECORD = 'identity'
const NICK_RECORD = 'nick'
const RENEWAL_RECORD = 'new-device'

/** The identity kept in this store, made on the first run; as a new device of its member when that is due. */
export async function loadIdentity(
  records: RecordStore,
  clock: Clock,
  random: RandomBytes,
  ask: AskPassphrase = askOnce(undefined)
): Promise<Identity> {
  const { secrets } = await loadSecrets(records, clock, random, ask)
  return openIdentity(secrets)
}

/** As `loadIdentity`, with what must leave this device only as its member asks. */
export async function loadSecrets(
  records: RecordStore,
  clock: Clock,
  random: RandomBytes,
  ask: AskPassphrase
): Promise<OpenSecrets> {
  const stored = await storedSecrets(records)
  const known = stored && (await openSecrets(stored, ask))
  const isRenewalDue = (await records.get(RENEWAL_RECORD)) !== undefined
  if (known !== undefined && !isRenewalDue) return known
  const fresh = createIdentitySecrets(random, clock.now())
  const opened =
    known === undefined
      ? { secrets: fresh, key: undefined }
      : { secrets: { ...fresh, rootSeed: known.secrets.rootSeed }, key: known.key }
  await records.write(secretsChanges(opened, random))
  return opened
}

export function storedSecrets(records: RecordStore): Promise<Uint8Array | undefined> {
  return records.get(SECRETS_RECORD)
}

/** What makes these the secrets of the store: one write, so that a crash leaves the old ones or the new. */
export function secretsChanges(opened: OpenSecrets, random: RandomBytes): RecordChange[] {
  return [
    { name: SECRETS_RECORD, value: sealSecrets(opened, random) },
    { name: RENEWAL_RECORD, value: undefined }
  ]
}

/** Has the next run begin as a new device: two that share a key would sign different entries for one sequence. */
export function renewDevice(records: RecordStore): Promise<void> {
  return records.write([{ name: RENEWAL_RECORD, value: new Uint8Array([1]) }])
}

export async function loadNick(records: RecordStore): Promise<DisplayName | undefined> {
  const stored = await records.get(NICK_RECORD)
  if (stored === undefined) return undefined
  const nick = parseNickname(expectValue(decodeUtf8(stored)))
  return nick.ok ? nick.value : undefined
}

export function saveNick(records: RecordStore, nick: DisplayName): Promise<void> {
  return records.write([nickChange(nick)])
}

export function nickChange(nick: DisplayName): RecordChange {
  return { name: NICK_RECORD, value: encodeUtf8(nick) }
}
