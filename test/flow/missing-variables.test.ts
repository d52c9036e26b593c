import { expect, it } from 'vitest'
import type { ChannelName } from '../../src/domain/channel.ts'
import { makeMissingVariables } from '../../src/flow/missing-variables.ts'
import type { Renderer } from '../../src/flow/ports.ts'
import { NOON } from '../support/fakes.ts'

/** A template that needs `code` everywhere, and `amount` in mails. */
function stage() {
  let trials = 0
  const render: Renderer = {
    render({ channel, variables }) {
      trials++
      const needed = channel === 'email' ? ['code', 'amount'] : ['code']
      const missing = needed.filter((name) => (variables[name] ?? '') === '')
      if (missing.length > 0) return { ok: false, code: 'variable_missing', detail: '', missing }
      return { ok: true, words: { channel: 'sms', text: '' }, locale: 'en', version: '1', direction: 'ltr' }
    },
    has: () => true,
    list: () => [],
  }
  const missing = makeMissingVariables({ render, sampleUrl: 'https://links.example.com/sample', now: () => NOON })
  const ask = (variables: Record<string, unknown>, channels: ChannelName[] = ['sms']) =>
    missing({ template: 'code', channels, locale: 'en', variables })
  return { ask, trials: () => trials }
}

it('names each missing variable once, over all channels', () => {
  const { ask } = stage()

  expect(ask({}, ['sms', 'email', 'push'])).toEqual(['code', 'amount'])
})

it('asks nothing for the surface, which has no words', () => {
  const { ask, trials } = stage()

  expect(ask({}, ['in_app'])).toEqual([])
  expect(trials()).toBe(0)
})

it('tries requests of one shape once', () => {
  const { ask, trials } = stage()

  ask({ code: '1', more: { a: 1 } })
  ask({ more: { a: 2 }, code: '2' })

  expect(trials()).toBe(1)
})

it.each([
  ['another channel', { code: '1' }, ['email'], ['amount']],
  ['a value that says nothing', { code: '' }, ['sms'], ['code']],
  ['a value that is null', { code: null }, ['sms'], ['code']],
  ['a name that only looks like two', { 'code:string,x': 'y' }, ['sms'], ['code']],
] as [string, Record<string, unknown>, ChannelName[], string[]][])(
  'does not take one shape for another: %s',
  (_, variables, channels, missing) => {
    const { ask } = stage()
    ask({ code: 'there' })
    ask({ code: 'there', x: 'y' })

    expect(ask(variables, channels)).toEqual(missing)
  },
)
