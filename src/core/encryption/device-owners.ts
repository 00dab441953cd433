import type { DeviceCertificate, DeviceId, MemberId } from '../identity/index.ts'
import { pastOf, type Access, type Operation, type OperationId } from './access/index.ts'

/**
 * Whose device is whose, by the operations that bring them. A device can let itself be certified by two, and be brought as each: nothing may go
 * by which of these came first, or what it says is one member's here and another's there.
 */
export class DeviceOwners {
  readonly #brought = new Map<DeviceId, Map<OperationId, MemberId>>()
  readonly #devices = new Map<OperationId, DeviceId>()

  add(operation: OperationId, { device, member }: DeviceCertificate): void {
    const known = this.#brought.get(device)
    if (known === undefined) this.#brought.set(device, new Map([[operation, member]]))
    else known.set(operation, member)
    this.#devices.set(operation, device)
  }

  /** Whose device it is that comes in by this operation, if one does. */
  broughtBy(operation: OperationId): DeviceId | undefined {
    return this.#devices.get(operation)
  }

  /** The operations by which the device came in. */
  bringing(device: DeviceId): OperationId[] {
    return [...(this.#brought.get(device)?.keys() ?? [])]
  }

  /** Whose the device was to what an operation of its stands above, the lower id of two; undefined: nobody's. */
  authorOf(
    device: DeviceId,
    { parents, previous }: Pick<Operation, 'parents' | 'previous'>,
    operations: ReadonlyMap<OperationId, Operation>
  ): MemberId | undefined {
    // One that does not stand above its device's own previous operation does not count, whoever its author is.
    const before = previous && operations.get(previous)
    if (before?.device === device) return before.author
    const brought = this.#brought.get(device)
    const owners = brought && pastOf(parents, operations)?.flatMap(({ id }) => brought.get(id) ?? [])
    return owners?.toSorted()[0]
  }

  /** Of two whose it could be the one who is in with it, else the one who was removed, else the lower id. */
  now(device: DeviceId, access: () => Access): MemberId | undefined {
    const owners = [...new Set(this.#brought.get(device)?.values())].toSorted()
    const [first, second] = owners
    if (second === undefined) return first
    const { members, removed } = access()
    const isIn = owners.find(member => members.get(member)?.devices.has(device) === true)
    return isIn ?? owners.find(member => removed.has(member)) ?? first
  }
}
