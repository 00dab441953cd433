import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** Before end-to-end tests: builds the web app when its sources changed, as `npm start` does. */
export function setup(): void {
  const script = fileURLToPath(new URL('../../scripts/build-web.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('The web app could not be built: see above, or run `npm run build`.')
}
