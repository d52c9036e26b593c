import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

it('names our webhook with every link where M2M_CALLBACK says so, and hears of the open there', async () => {
  const house = await openHouse({ env: { M2M_CALLBACK: 'per_link' } })

  const sent = await house.send()
  await house.openLink(sent.referenceId)

  expect(house.world.links(sent.referenceId)).toMatchObject([{ callbackUrl: `${house.url}/webhooks/m2m` }])
  expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
})
