import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The machine's own Chromium, without a window. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: findChromium() })

export function findChromium(path = process.env['PATH'] ?? ''): string {
  const folders = path.split(delimiter)
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync)
  if (found) return found
  throw new Error(
    `There is no browser: none of ${NAMES.join(', ')} is on the PATH. On Debian: apt-get install --no-install-recommends chromium`,
  )
}
