import type { DeviceId } from '../identity/index.ts'
import { hashOf, type GroupKeys } from './epochs/index.ts'

/** The key packages with which devices were let in. */
export class KeyPackages {
  readonly #keys: GroupKeys
  readonly #byDevice = new Map<DeviceId, Uint8Array>()
  readonly #used = new Set<string>()

  constructor(keys: GroupKeys) {
    this.#keys = keys
  }

  /** One that is not the device's own would have every commit that adds it fail. */
  async take(device: DeviceId, keyPackage: Uint8Array): Promise<void> {
    this.#used.add(hashOf(keyPackage))
    const whose = await this.#keys.deviceOf(keyPackage)
    if (whose.ok && whose.value === device) this.#byDevice.set(device, keyPackage)
  }

  /** Whether somebody was let in with this one before. */
  isUsed(keyPackage: Uint8Array): boolean {
    return this.#used.has(hashOf(keyPackage))
  }

  get(device: DeviceId): Uint8Array | undefined {
    return this.#byDevice.get(device)
  }

  has(device: DeviceId): boolean {
    return this.#byDevice.has(device)
  }

  /** With these nobody can be added, well-formed as they are: all would be stuck. */
  discard(devices: readonly DeviceId[]): void {
    for (const device of devices) this.#byDevice.delete(device)
  }
}
