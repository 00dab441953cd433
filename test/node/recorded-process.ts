import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

// Preloaded into the program: writes down which modules it loads.
const loaded: string[] = []
registerHooks({
  load(url, context, nextLoad) {
    loaded.push(url)
    return nextLoad(url, context)
  }
})
process.on('exit', () => writeFileSync(process.env['LOADED_MODULES'] ?? '/dev/null', loaded.join('\n')))
