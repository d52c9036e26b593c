/** `node bench/profile.ts FILE.cpuprofile`: the functions and the packages in which a process spent its time. */
import { readFileSync } from 'node:fs'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}
const NOT_WORK = ['(idle)', '(program)', '(root)']

const [file = ''] = process.argv.slice(2)
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile
const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
const functions = new Map<string, number>()
const packages = new Map<string, number>()
let busy = 0

for (const [i, id] of samples.entries()) {
  const { functionName = '', url = '', lineNumber = 0 } = frames.get(id) ?? {}
  if (NOT_WORK.includes(functionName)) continue
  const spent = timeDeltas[i] ?? 0
  busy += spent
  add(functions, `${functionName || '(anonymous)'} ${placeOf(url)}:${lineNumber + 1}`, spent)
  add(packages, packageOf(url, functionName), spent)
}

console.log(`busy for ${(busy / 1e6).toFixed(2)} s`)
print('functions', functions, 30)
print('packages', packages, 20)

function add(sums: Map<string, number>, key: string, spent: number): void {
  sums.set(key, (sums.get(key) ?? 0) + spent)
}

function print(title: string, sums: Map<string, number>, limit: number): void {
  console.log(`\n${title}, by own time`)
  const top = [...sums].sort(([, a], [, b]) => b - a).slice(0, limit)
  for (const [name, spent] of top) console.log(`  ${((100 * spent) / busy).toFixed(1).padStart(5)} %  ${name}`)
}

function placeOf(url: string): string {
  return url.replace(/^.*\/(?=node_modules\/|src\/|bench\/)/, '')
}

function packageOf(url: string, functionName: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  const [, room] = /\/(src\/\w+)/.exec(url) ?? []
  return name ?? room ?? (url.startsWith('node:') ? url.split('/')[0] : undefined) ?? `native ${functionName}`
}
