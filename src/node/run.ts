import packageJson from '../../package.json' with { type: 'json' }
import { parseCommandLine } from './command-line/parse.ts'
import { readSettings } from './command-line/settings.ts'
import { notBuiltYet } from './exits.ts'
import { createOutput } from './terminal/output.ts'

/** Does what the words say; resolves when it is done, or was stopped. */
export async function runCommandLine(words: readonly string[], stop: AbortSignal): Promise<void> {
  const line = parseCommandLine(words)
  const plain = createOutput({ json: false, level: 'warn' })
  if (line.flags.has('version')) return plain.note(packageJson.version)
  if (line.asksHelp || line.command === undefined) {
    const { commandHelp, generalHelp, groupHelp } = await import('./command-line/help.ts')
    if (line.command !== undefined) return plain.note(commandHelp(line.command))
    return plain.note(line.group === undefined ? generalHelp() : groupHelp(line.group))
  }
  const settings = await readSettings(line.flags, process.env)
  if (line.command.load === undefined) throw notBuiltYet(`starling ${line.command.path}`)
  const run = await line.command.load()
  const output = createOutput({ json: settings.json, level: settings.log })
  await run({ arguments: line.arguments, settings, output, stop })
}
