import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENTERED_FROM } from '../src/domain/dispatch.ts'
import { STEP_ENTERED_FROM } from '../src/domain/step.ts'

const page = readFileSync(new URL('../docs/states.md', import.meta.url), 'utf8')

describe.each([
  ['dispatch', ENTERED_FROM],
  ['step', STEP_ENTERED_FROM],
])('docs/states.md, %s', (name, enteredFrom) => {
  const part = page.split(`<!-- ${name} -->`)[1]?.split(`<!-- /${name} -->`)[0] ?? ''
  const rows = [...part.matchAll(/^\| `(\w+)` \| `(\w+)` \| (.+) \| (.+) \|$/gm)]
  const arrows = [...part.matchAll(/^ {2}(\w+) --> (\w+): .+$/gm)]

  it('has a row for every move the code allows, and no other', () => {
    expect(pairs(rows)).toEqual(allowed(enteredFrom))
  })

  it('draws an arrow for every move the code allows, and no other', () => {
    expect(pairs(arrows)).toEqual(allowed(enteredFrom))
  })

  it('says of each move what causes it and which file writes it', () => {
    const unexplained = rows.filter(
      ([, , , cause = '', file = '']) => /^\*reserved\*/.test(cause) !== (file === 'nothing yet'),
    )

    expect(unexplained.map(([row]) => row)).toEqual([])
  })
})

const pairs = (matches: RegExpExecArray[]) => matches.map(([, from, to]) => `${from} → ${to}`).toSorted()

const allowed = (enteredFrom: Record<string, readonly string[]>) =>
  Object.entries(enteredFrom)
    .flatMap(([to, origins]) => origins.map((from) => `${from} → ${to}`))
    .toSorted()
