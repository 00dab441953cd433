import type { OnFull } from '../access/open-access.ts'
import type { Output } from '../terminal/output.ts'

/** For a command that only reads: it goes on, and says what that means. */
export function tellFull(output: Output): OnFull {
  return () =>
    output.log('warn', 'the disk is full: shown is what is stored, and nothing more can be until there is room')
}
