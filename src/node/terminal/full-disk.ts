import { DISK_FULL } from '../exits.ts'

/** On a full disk a peer fails again and again: that is told once in this time, however often it does. */
const AGAIN_MS = 10 * 60_000

let toldAt = Number.NEGATIVE_INFINITY

/** Whether this line says that the disk is full, and one before has done so. */
export function isToldAlready(line: string): boolean {
  if (line !== DISK_FULL) return false
  const now = performance.now()
  if (now - toldAt < AGAIN_MS) return true
  toldAt = now
  return false
}
