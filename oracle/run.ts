import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Bug } from './bug.ts'
import { BUGS } from './bugs.ts'

/** `npm run oracle [-- --only words]`: plants each mistake in a copy of the tree, and asks whether the tests notice. */
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const root = path.join(import.meta.dirname, '..')
const copy = copyOfTree()
try {
  const bugs = BUGS.filter(({ name }) => name.includes(values.only))
  const soundness = check([...new Set(bugs.flatMap(({ caught }) => caught))])
  if (soundness.length > 0) throw new Error(`These fail without any bug, and prove nothing: ${soundness.join(', ')}`)
  const escaped = bugs.filter((bug) => !isCaught(bug))
  console.log(`${bugs.length - escaped.length} of ${bugs.length} planted bugs were caught`)
  process.exitCode = escaped.length === 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

function copyOfTree(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'link-dispatcher-oracle-'))
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of files.trim().split('\n')) cpSync(path.join(root, file), path.join(folder, file))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  return folder
}

function isCaught(bug: Bug): boolean {
  const place = path.join(copy, bug.file)
  const sound = readFileSync(place, 'utf8')
  const parts = sound.split(bug.find)
  if (parts.length !== 2) throw new Error(`“${bug.name}”: its words stand ${parts.length - 1} times in ${bug.file}`)
  writeFileSync(place, parts.join(bug.replace))
  try {
    const noticed = check(bug.caught, { first: true })
    console.log(
      `${noticed.length > 0 ? 'caught ' : 'ESCAPED'}  ${bug.promise.padEnd(8)}  ${bug.name}  (${noticed[0] ?? bug.caught.join(', ')})`,
    )
    return noticed.length > 0
  } finally {
    writeFileSync(place, sound)
  }
}

/** Those of the checks that fail. */
function check(checks: string[], { first = false } = {}): string[] {
  const failed: string[] = []
  for (const one of checks) {
    if (fails(one)) failed.push(one)
    if (first && failed.length > 0) break
  }
  return failed
}

function fails(check: string): boolean {
  const command =
    check === 'simulate'
      ? ['simulate/run.ts', '--seeds', '300']
      : ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', '--reporter=dot', check]
  const { status } = spawnSync(process.execPath, command, { cwd: copy, stdio: 'ignore', timeout: 180_000 })
  return status === 1
}
