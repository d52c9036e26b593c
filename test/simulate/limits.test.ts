import { expect, it } from 'vitest'
import { limits } from '../../simulate/checks/limits.ts'
import type { Fact } from '../../simulate/engine/history.ts'

const granted = (t: number, dispatch: string): Fact => ({
  ...{ t, what: 'granted', dispatch, n: 1, turn: 1, recipient: 'user-1' },
})
const created = (t: number): Fact => ({ t, what: 'create', recipient: 'user-1', by: 'worker-1' })
const ended = (t: number, dispatch: string): Fact => ({
  ...{ t, what: 'step', dispatch, n: 1, kind: 'first', from: 'queued', to: 'pending', turn: 1, reason: null },
})

function broken(facts: Fact[]): string[] {
  const found: string[] = []
  const world = { creationsPerMinute: 5, tables: { slots: [], now: () => 0 } }
  limits({ facts, world, broken: (_, t, message) => void found.push(`${t}: ${message}`) })
  return found
}

it('lets two dispatches of one person create in any order, each with its own slot', () => {
  const late = [granted(0, 'late'), granted(8, 'early'), created(70), ended(500, 'early'), created(29_400)]

  expect(broken([...late, ended(29_700, 'late')])).toEqual([])
})

it('lets one slot pay for one creation, whoever else has one granted', () => {
  const twice = [granted(0, 'a'), created(50), created(60), ended(90, 'a'), granted(100, 'b')]

  expect(broken(twice)).toEqual(['60: worker-1 asked for a link for user-1 without a slot of its own'])
})

it('lets a slot pay for nothing once its turn is long over', () => {
  const after = [granted(0, 'a'), ended(100, 'a'), created(25_101)]

  expect(broken(after)).toHaveLength(1)
})
