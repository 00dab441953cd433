import { join, relative, sep } from 'node:path'
import type { Settings } from './settings.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** How to type the program in this folder so that it finds the same peer: `./starling --data DIR`. */
export function ownCall({ flags }: Pick<Settings, 'flags'>): string {
  const data = flags.get('data')?.[0]
  return data === undefined ? program() : `${program()} --data ${quoted(data)}`
}

/** In a checkout the launcher is not on the path of the shell; an installed package lies in `node_modules`, and its is. */
function program(): string {
  if (ROOT.split(sep).includes('node_modules')) return 'starling'
  const path = relative(process.cwd(), join(ROOT, 'starling'))
  if (path.startsWith('..')) return quoted(join(ROOT, 'starling'))
  return quoted(`.${sep}${path}`)
}

/** As a POSIX shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
