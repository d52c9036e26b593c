import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { breaches, readTree } from './support/architecture.ts'

const src = readTree(join(import.meta.dirname, '..', 'src'))

describe('the house', () => {
  it('has been looked at', () => {
    expect(Object.keys(src).length).toBeGreaterThan(40)
    expect(src).toHaveProperty('flow/ports.ts')
  })

  it('is in order', () => {
    expect(breaches(src)).toEqual([])
  })
})

describe('the table notices', () => {
  it.each([
    ['a noun that looks at a verb', 'domain/step.ts', "import { pump } from '../flow/pump.ts'"],
    ['a noun that uses a package', 'domain/step.ts', "import { v7 } from 'uuid'"],
    ['a noun that uses Node', 'domain/step.ts', "import { readFileSync } from 'node:fs'"],
    ['a verb that knows an edge', 'flow/pump.ts', "import { makePool } from '../store/pool.ts'"],
    ['an edge that knows its neighbour', 'store/pool.ts', "import { makeVault } from '../vault/vault.ts'"],
    ['an edge that knows a verb', 'channels/sms.ts', "import { pump } from '../flow/pump.ts'"],
    ['a type-only import', 'lib/id.ts', "import type { Step } from '../domain/step.ts'"],
    ['an import over several lines', 'lib/id.ts', "import {\n  one,\n  two,\n} from '../domain/step.ts'"],
    ['a re-export', 'lib/id.ts', "export { one } from '../domain/step.ts'"],
    ['an import for its side effect', 'lib/id.ts', "import '../domain/step.ts'"],
    ['an import at run time', 'lib/id.ts', "const load = () => import('../domain/step.ts')"],
    ['a sandbox that peeks', 'sandbox/fcm.ts', "import type { Provider } from '../flow/ports.ts'"],
    ['a room that reads the configuration', 'http/server.ts', "import type { Config } from '../config.ts'"],
    ['a room that knows the wiring', 'http/server.ts', "import { makeApp } from '../app.ts'"],
    ['a room nobody knows', 'utils/misc.ts', ''],
    ['the environment', 'http/server.ts', 'const port = process.env.PORT'],
    ['a hidden clock', 'flow/pump.ts', 'const now = new Date()'],
    ['another hidden clock', 'main.ts', 'const now = Date.now()'],
    ['hidden chance', 'domain/backoff.ts', 'const jitter = Math.random()'],
    ['a default export', 'lib/id.ts', 'export default 1'],
  ])('%s', (_, file, text) => {
    expect(breaches({ [file]: text })).toEqual([expect.stringContaining(file)])
  })

  it('a circle', () => {
    const tree = {
      'lib/a.ts': "import { b } from './b.ts'",
      'lib/b.ts': "import type { C } from './c.ts'",
      'lib/c.ts': "import { a } from './a.ts'",
    }

    expect(breaches(tree)).toEqual(['lib/a.ts -> lib/b.ts -> lib/c.ts -> lib/a.ts is a circle'])
  })

  it.each([
    ['a verb with its nouns', 'flow/pump.ts', "import type { Step } from '../domain/step.ts'"],
    ['an edge with the ports', 'store/steps.ts', "import type { Vault } from '../flow/ports.ts'"],
    ['a door with a verb', 'http/dispatches.ts', "import { accept } from '../flow/accept.ts'"],
    ['the wiring with everything', 'app.ts', "import { accept } from './flow/accept.ts'\nconst now = () => new Date()"],
    ['a date that is given', 'flow/pump.ts', 'const due = (at: Date) => new Date(at)'],
    ['a word in a comment', 'flow/pump.ts', '// Date.now() would be a hidden input.'],
  ])('nothing wrong in %s', (_, file, text) => {
    expect(breaches({ [file]: text })).toEqual([])
  })
})
