import process from 'node:process'
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** As `parseArgs`; what it cannot read ends the program, called so, with one line and exit 2. */
export function readOptions<const T extends ParseArgsConfig>(
  program: string,
  config: T
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (thrown) {
    const [said] = String(thrown instanceof Error ? thrown.message : thrown).split('. ')
    const known = Object.keys(config.options ?? {}).map(option => `--${option}`)
    process.stderr.write(`${program}: ${said}; it takes ${known.join(', ')}\n`)
    process.exit(2)
  }
}
