import { expect, it } from 'vitest'
import { deliver } from '../../src/flow/deliver.ts'
import { testVault } from '../support/builders.ts'
import { A_CODE, aWork, makeStage, type StageWish, type WorkWish } from '../support/fakes.ts'

const delivered = async (wish: WorkWish, stageWish: StageWish = {}) => {
  const work = aWork({ ...wish, dispatch: { linkOptions: { mode: 'evergreen' }, ...wish.dispatch } })
  const stage = makeStage({ ...stageWish, work })
  await deliver(stage.ports, stage.turn)
  return { ...stage, work, messages: stage.sent().map(({ message }) => message) }
}
const OURS = `https://here.example.com/l/${A_CODE}`

it('puts a code of ours into the message, and the link behind it into the claim', async () => {
  const { messages, claims, work } = await delivered({})

  expect(messages).toEqual([{ channel: 'sms', to: '+15125550123', text: `Your link: ${OURS}` }])
  expect(claims).toMatchObject([{ link: { stored: work.living } }])
})

it('hands a device the same address as data', async () => {
  const { messages } = await delivered({ channel: 'push', contact: { pushTokens: ['one'] } })

  expect(messages).toMatchObject([{ channel: 'push', url: OURS }])
})

it('keeps the hash of the code, before the claim', async () => {
  const { kept, log, work } = await delivered({})

  expect(kept).toEqual([{ hash: testVault.lookup('evergreen', A_CODE), dispatchId: work.dispatchId }])
  expect(log.indexOf('keep code')).toBe(log.indexOf('claim') - 1)
})

it('keeps no code of a message that cannot be written', async () => {
  const { kept } = await delivered({}, { rendering: { ok: false, code: 'render_failed', detail: '', missing: [] } })

  expect(kept).toEqual([])
})

it('carries the link itself unless the request says otherwise', async () => {
  const { messages, kept, work } = await delivered({ dispatch: { linkOptions: {} } })

  expect(messages).toMatchObject([{ text: `Your link: ${work.living?.url}` }])
  expect(kept).toEqual([])
})

it('carries the link itself where there is no address of ours', async () => {
  const { messages, work } = await delivered({}, { codes: false })

  expect(messages).toMatchObject([{ text: `Your link: ${work.living?.url}` }])
})

it('makes no code for the button of the app', async () => {
  const { kept, settled } = await delivered({ channel: 'in_app', chain: [] })

  expect(settled).toMatchObject([{ to: 'handed', provider: 'app' }])
  expect(kept).toEqual([])
})
