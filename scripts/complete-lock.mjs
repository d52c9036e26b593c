// npm leaves optional packages that the registry lacks out of the lock, and then `npm ci` refuses the lock as incomplete.
// This adds an entry for each, marked for its platform, so that npm skips it elsewhere. Run after each `npm install`.
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'package-lock.json'
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
const added = missingPackages(lock.packages)
for (const { name, version, parent } of added) {
  lock.packages[`node_modules/${name}`] = {
    version,
    ...(parent.dev && { dev: true }),
    optional: true,
    ...platformOf(name),
  }
}
lock.packages = inNpmOrder(lock.packages)
const text = `${JSON.stringify(lock, null, 2)}\n`
if (/"resolved"|https?:\/\/registry\./.test(text))
  throw new Error(`${FILE} names a registry: .npmrc must keep omit-lockfile-registry-resolved=true.`)
writeFileSync(FILE, text)
console.log(`${added.length} missing platform packages added to ${FILE}`)

function missingPackages(packages) {
  return Object.entries(packages).flatMap(([place, parent]) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name]) => !isFound(packages, place, name))
      .map(([name, version]) => ({ name, version, parent })),
  )
}

/** Looks where Node would: in the package's own node_modules, then in each one above. */
function isFound(packages, place, name) {
  for (let at = place; at; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at}/node_modules/${name}`]) return true
  }
  return Boolean(packages[`node_modules/${name}`])
}

function platformOf(name) {
  const words = name.split(/[/-]/)
  const os = words.find((word) => SYSTEMS.includes(word))
  const cpu = words.find((word) => PROCESSORS.includes(word))
  if (!os || !cpu) throw new Error(`Cannot tell the platform of ${name}: add its entry to ${FILE} by hand.`)
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined
  return { os: [os], cpu: [cpu], ...(os === 'linux' && libc && { libc: [libc] }) }
}

function inNpmOrder(packages) {
  return Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
}
