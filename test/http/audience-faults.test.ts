import { expect, it } from 'vitest'
import { FAULTS, goodLine, HEAD_LINE } from '../support/audience-files.ts'
import { openHouse } from '../support/house.ts'
import { aCampaign } from './audience-kit.ts'

const house = await openHouse({ env: { ROLES: 'api' } })

it.each(FAULTS)(
  'tells of $what, by its line and column, and takes the lines around it',
  async ({ column, reason, lineOf }) => {
    const campaign = await aCampaign(house)
    const lines = [HEAD_LINE, goodLine(1), lineOf(2), goodLine(3)].map((one) => Buffer.from(one))

    const { status, body } = await campaign.uploadBytes(
      Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\r\n')])),
    )

    expect(status, JSON.stringify(body)).toBe(200)
    expect(body).toMatchObject({ rows: 3, taken: 2, refused: 1 })
    expect(body['errors']).toEqual([{ line: 3, column, reason: expect.stringMatching(reason) }])
    expect(Object.keys(await campaign.rows())).toEqual(['user_1', 'user_3'])
  },
)
