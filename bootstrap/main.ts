/**
 * The relay as people deploy it: `node bootstrap/main.ts CONFIG [FLAGS]`. The configuration is a JSON file whose keys are
 * the names of the flags of `starling relay`; without an argument it is the file that STARLING_CONFIG names. Without either
 * nothing starts: by its defaults a relay listens on every address of the machine.
 */
import { runProgram } from '../src/node/index.ts'

const words = relayWords(process.argv.slice(2), process.env['STARLING_CONFIG'])

if (words === undefined) {
  process.stderr.write(
    'starling: the configuration file is missing: name it as the first argument or in STARLING_CONFIG\n'
  )
  process.exitCode = 2
} else {
  await runProgram(words)
}

function relayWords(given: readonly string[], fromEnvironment = ''): string[] | undefined {
  const [first = '-', ...others] = given
  if (!first.startsWith('-')) return ['relay', '--config', first, ...others]
  if (given.includes('--help')) return ['relay', '--help']
  return fromEnvironment === '' ? undefined : ['relay', '--config', fromEnvironment, ...given]
}
