import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Secrets the sandbox makes for itself: 32 random bytes each, base64, made once and kept below `dataDir` in a file only
 * its owner can read. Two processes that start together end up with the same ones.
 */
export function keptSecrets(
  dataDir: string,
  names: string[],
  random: (bytes: number) => Buffer,
): Record<string, string> {
  const path = join(dataDir, 'sandbox-secrets.json')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (!existsSync(path)) writeFirst(path, made(names, random))

  const kept = readKept(path)
  const added = made(
    names.filter((name) => !Object.hasOwn(kept, name)),
    random,
  )
  if (Object.keys(added).length > 0) replace(path, { ...kept, ...added })
  return Object.fromEntries(names.map((name) => [name, kept[name] ?? added[name] ?? '']))
}

const made = (names: string[], random: (bytes: number) => Buffer): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, random(32).toString('base64')]))

/** A hard link is made whole and only if nobody was first. */
function writeFirst(path: string, secrets: Record<string, string>): void {
  const draft = write(path, secrets)
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
}

const replace = (path: string, secrets: Record<string, string>): void => renameSync(write(path, secrets), path)

function write(path: string, secrets: Record<string, string>): string {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  return draft
}

function readKept(path: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new Error(`${path} cannot be read as JSON. Restore it, or remove the whole data directory to start anew.`)
  }
}
