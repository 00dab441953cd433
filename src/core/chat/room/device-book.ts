import { CappedMap, expectValue, fromHex, type Millis } from '../../bytes/index.ts'
import { foldName, verifyCertificate, type DeviceId, type DisplayName, type MemberId } from '../../identity/index.ts'
import type { EntryStore, RecordChange } from '../../log/index.ts'
import type { Profile } from './content.ts'
import {
  decodeDevice,
  DEVICE_RECORD_PREFIX,
  encodeDevice,
  keyName,
  newDevice,
  withCertificate,
  withNick,
  type DeviceRecord
} from './devices.ts'
import { memberDirectory, type KnownMember } from './member-directory.ts'

/** Anybody can make keys and write in an open room: when so many devices have written, newcomers are not taken in. One's own are. */
const MAX_DEVICES = 4096

/** This member, and the name it goes by now. */
interface Self {
  readonly member: MemberId
  readonly device: DeviceId
  readonly nick: () => DisplayName
}

/** The devices that a room knows, and the members behind them. Changes are kept apart until they are durable. */
export class DeviceBook {
  readonly #self: Self
  readonly #devices: Map<DeviceId, DeviceRecord>
  readonly #changed = new Set<DeviceId>()
  readonly #bytes = new Map<MemberId, number>()
  #totalBytes = 0
  #directory: ReadonlyMap<MemberId, KnownMember> | undefined
  #directoryNick: string | undefined
  /** Names as they are compared; of each device one, and own ones. */
  readonly #folds = new CappedMap<string, string>(2 * MAX_DEVICES)

  private constructor(self: Self, devices: Map<DeviceId, DeviceRecord>) {
    this.#self = self
    this.#devices = devices
    for (const record of devices.values()) this.#count(record, undefined)
  }

  static async load(store: EntryStore, self: Self): Promise<DeviceBook> {
    const rows = await store.records.list(DEVICE_RECORD_PREFIX)
    const records = rows.map(([, value]) => decodeDevice(value))
    return new DeviceBook(self, new Map(records.map(record => [record.device, record])))
  }

  get(device: DeviceId): DeviceRecord | undefined {
    return this.#devices.get(device)
  }

  devices(): DeviceRecord[] {
    return [...this.#devices.values()]
  }

  /** What all entries of this member, or of everybody, take up here. */
  bytes(member?: MemberId): number {
    return member === undefined ? this.#totalBytes : (this.#bytes.get(member) ?? 0)
  }

  /** What the entries of this device take up here. */
  bytesOf(device: DeviceId): number {
    return this.#devices.get(device)?.bytes ?? 0
  }

  set(record: DeviceRecord): void {
    this.#count(record, this.#devices.get(record.device))
    if (!isNamedAs(record, this.#devices.get(record.device))) this.#directory = undefined
    this.#devices.set(record.device, record)
    this.#changed.add(record.device)
  }

  /** Takes in a device by its certificate; undefined when that is false or of another device, or the room is full. */
  async introduce(
    profile: Profile,
    expected: DeviceId | undefined,
    now: Millis,
    said: Millis
  ): Promise<DeviceRecord | undefined> {
    const certificate = await verifyCertificate(profile.certificate)
    if (!certificate.ok) return undefined
    const { device } = certificate.value
    if (expected !== undefined && device !== expected) return undefined
    const known = this.#devices.get(device)
    const isOwn = certificate.value.member === this.#self.member
    if (known === undefined && !isOwn && !this.#hasRoom()) return undefined
    const met = withCertificate(known ?? newDevice(certificate.value, now), certificate.value)
    const record = withNick(met, profile.nick, said, now)
    if (record !== known) this.set(record)
    return record
  }

  /** A device that others say is the member's; known already, it stays as it is. */
  admit(device: DeviceId, member: MemberId, now: Millis): DeviceRecord {
    const known = this.#devices.get(device)
    if (known !== undefined) return known
    const record = newDevice({ device, member }, now)
    this.set(record)
    return record
  }

  profileOf(device: DeviceId): Profile | undefined {
    const { certificate, nick } = this.#devices.get(device) ?? {}
    return certificate === undefined ? undefined : { certificate: expectValue(fromHex(certificate)), nick }
  }

  members(): ReadonlyMap<MemberId, KnownMember> {
    const nick = this.#self.nick()
    if (this.#directory === undefined || nick !== this.#directoryNick) {
      this.#directory = memberDirectory(this.#devices.values(), { member: this.#self.member, nick }, name =>
        this.#fold(name)
      )
      this.#directoryNick = nick
    }
    return this.#directory
  }

  /** When the member wrote last, with whichever device; 0: never. */
  wroteAt(member: MemberId): Millis {
    const devices = this.members().get(member)?.devices ?? []
    return Math.max(0, ...devices.map(device => this.#devices.get(device)?.wroteAt ?? 0))
  }

  #fold(name: string): string {
    const folded = this.#folds.get(name) ?? foldName(name)
    this.#folds.set(name, folded)
    return folded
  }

  /** Whether the member goes by this name, or one that looks like it. */
  hasName(member: MemberId, nick: string): boolean {
    const records = [...this.#devices.values()].filter(record => record.member === member)
    return records.some(record => record.nick !== undefined && this.#fold(record.nick) === this.#fold(nick))
  }

  /** The name to show for this member. */
  nickOf(member: MemberId): string {
    return this.members().get(member)?.nick ?? keyName(member)
  }

  #count({ member, bytes }: DeviceRecord, before: DeviceRecord | undefined): void {
    const counted = before?.bytes ?? 0
    if (before !== undefined) this.#bytes.set(before.member, this.bytes(before.member) - counted)
    this.#bytes.set(member, this.bytes(member) + bytes)
    this.#totalBytes += bytes - counted
  }

  /** Makes room for a newcomer by forgetting a device that never wrote anything: keys cost nothing to make. */
  #hasRoom(): boolean {
    if (this.#devices.size < MAX_DEVICES) return true
    const silent = [...this.#devices.values()].find(record => !hasWritten(record))
    if (silent === undefined) return false
    this.#devices.delete(silent.device)
    return true
  }

  /** The records that changed since the last call, to be stored: those of devices that wrote, and of members. */
  takeChanges(memberOf?: (device: DeviceId) => MemberId | undefined): RecordChange[] {
    const changed = [...this.#changed].flatMap(device => this.#devices.get(device) ?? [])
    const records = changed.filter(each => hasWritten(each) || memberOf?.(each.device) === each.member)
    this.#changed.clear()
    return records.map(changeOf)
  }

  /** The record of this device, if it changed since then: of one that is known to be worth it, whether it wrote or not. */
  changesOf(device: DeviceId): RecordChange[] {
    const record = this.#devices.get(device)
    return record === undefined || !this.#changed.has(device) ? [] : [changeOf(record)]
  }
}

/** Whether all that names follow from is as before: it is at most entries. */
function isNamedAs(record: DeviceRecord, before: DeviceRecord | undefined): boolean {
  return NAMING.every(each => record[each] === before?.[each])
}

const NAMING = ['device', 'member', 'nick', 'nickTime', 'namedAt'] as const

function changeOf(record: DeviceRecord): RecordChange {
  return { name: DEVICE_RECORD_PREFIX + record.device, value: encodeDevice(record) }
}

function hasWritten(record: DeviceRecord): boolean {
  return record.last !== undefined
}
