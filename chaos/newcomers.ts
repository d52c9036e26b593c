import { afternoonZone } from '../src/lib/welcome.ts'
import { makeCaller } from './crm.ts'
import type { Opened } from './stage.ts'

const NEWCOMERS = 5
const FIRST_PHONE = 15_129_900_000

/** People whom nobody wrote to before: that they get theirs shows that silence towards the others is no standstill. Answers their addresses. */
export async function makeNewcomers({ apiUrl, outside }: Opened): Promise<Set<string>> {
  const { call, close } = makeCaller(apiUrl, outside.apiKey)
  const phones = Array.from({ length: NEWCOMERS }, (_, n) => `+${FIRST_PHONE + n}`)
  for (const [n, phone] of phones.entries()) {
    const answer = await call('/v1/dispatches', {
      referenceId: `newcomer-${n}`,
      contact: { phone, name: { firstName: 'Ana' } },
      channels: ['sms'],
      timeZone: afternoonZone(outside.now()),
      reminders: null,
    })
    if (answer?.status !== 202) throw new Error(`The restored service answered ${answer?.status} to a new order.`)
  }
  await close()
  return new Set(phones)
}
