import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

it('a stop lets go of those who listen to the event stream, with a proper end', async () => {
  const house = await openHouse()
  const headers = { Authorization: `Bearer ${house.app.apiKey}` }
  const stream = await fetch(`${house.url}/v1/events/stream`, { headers })

  const heard = stream.text()
  await house.app.stop()

  await expect(heard).resolves.toMatch(/^retry: 2000/)
})
