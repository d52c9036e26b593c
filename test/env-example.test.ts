import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readConfig, VARIABLES } from '../src/config.ts'

const lines = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').split('\n')
const assignments = lines.flatMap((line, index) => {
  const [, name, value] = /^#?([A-Z][A-Z0-9_]+)=(.*)$/.exec(line) ?? []
  return name === undefined ? [] : [{ name, value: value ?? '', above: lines[index - 1] ?? '' }]
})

test('.env.example names every variable once, and no other', () => {
  const named = assignments.map(({ name }) => name)

  expect(named.toSorted()).toEqual(Object.keys(VARIABLES).toSorted())
})

test('.env.example says a sentence about every variable', () => {
  const unexplained = assignments.filter(({ above }) => !/^# .*[.:)…]|openssl/.test(above))

  expect(unexplained).toEqual([])
})

test('.env.example shows the true defaults', () => {
  const shown = Object.fromEntries(assignments.map(({ name, value }) => [name, value]))
  const withDefault = Object.entries(VARIABLES).filter(([, [schema]]) => schema.safeParse(undefined).data !== undefined)

  const differing = withDefault.filter(([name, [schema]]) => {
    return JSON.stringify(schema.parse(shown[name])) !== JSON.stringify(schema.parse(undefined))
  })

  expect(withDefault.length).toBeGreaterThan(15)
  expect(differing.map(([name]) => name)).toEqual([])
})

test('.env.example as it stands, with nothing uncommented, is a sandbox', () => {
  const set = lines.filter((line) => line !== '' && !line.startsWith('#'))

  expect(set).toEqual([])
  expect(readConfig({}).world).toBe('sandbox')
})
