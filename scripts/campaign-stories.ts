import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { App } from '../src/app.ts'
import { parseDuration } from '../src/lib/duration.ts'
import { afternoonZone } from '../src/lib/welcome.ts'

/** Of the links the partner allows in a minute. */
const MOST_OF_A_MINUTE = 70
const FIRST_NAMES = ['Ana', 'Luis', 'Sofía', 'Mateo', 'Camila', 'Diego', 'Valentina', 'Jorge', 'Renata', 'Hugo']

/** Campaigns in every state: one over, one under way with an experiment, one paused, and drafts. */
export async function tellCampaigns({ url, apiKey, sandbox, settled }: App) {
  if (!url || !sandbox) throw new Error('There is nothing to take pictures of without the api role and the sandbox.')
  const { world } = sandbox
  const zone = afternoonZone(world.now())

  async function call(method: string, path: string, body: string, type = 'application/json'): Promise<{ id: string }> {
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': type }
    const answer = await fetch(url + path, { method, headers, body })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as { id: string }
  }
  async function draft(wish: object, people: string[]): Promise<string> {
    const { id } = await call('POST', '/v1/campaigns', JSON.stringify({ category: 'transactional', ...wish }))
    if (people.length > 0)
      await call('POST', `/v1/campaigns/${id}/audience?filename=audience.csv`, fileOf(people, zone), 'text/csv')
    return id
  }
  const act = (id: string, verb: string, body = '{}') => call('POST', `/v1/campaigns/${id}/${verb}`, body)
  async function wait(duration: string): Promise<void> {
    await world.advance(parseDuration(duration) ?? 0)
    await settled()
  }
  async function open(people: string[]): Promise<void> {
    for (const referenceId of people) await world.openLink({ referenceId }, { userAgent: PHONE })
  }

  const winter = peopleOf('w', 60)
  const over = await draft({ name: 'Winter transfer', reminders: null }, winter)
  await act(over, 'start')
  await settled()
  await wait('PT3M')
  await open(winter.slice(0, 9))
  await wait('PT50M')
  await open(winter.slice(9, 22))
  await wait('P7D')
  const paused = await draft({ name: 'Rate alert, second round', reminders: null }, peopleOf('r', 40))
  await act(paused, 'start')
  await settled()
  await act(paused, 'pause', '{"reason":"the rate has changed again"}')
  const spring = peopleOf('s', 480)
  const springAddresses = new Set(spring.flatMap((id, i) => [phoneOf('s', i), `${id}@example.com`]))
  const variants = [
    { name: 'text first', weight: 1 },
    { name: 'mail first', weight: 1, channels: ['email', 'sms'] },
  ]
  const plan = { reminders: { after: ['PT24H', 'PT72H'] }, variants, holdout: 0.1 }
  const running = await draft({ name: 'Spring transfer', ...plan }, spring)
  const again = await draft({ name: 'Spring transfer, those who did not open', ...plan }, spring)
  await wait('PT2M')
  await act(running, 'start')
  // As fast as the partner lets links be made, which is never all that is due.
  const sent = () => world.mailbox.all().filter(({ to }) => springAddresses.has(to)).length
  for (let minute = 1; minute <= 3; minute += 1) {
    while (sent() < minute * MOST_OF_A_MINUTE) await pause(200)
    if (minute < 3) await world.advance(60_000)
  }
  // Sooner it would look like a machine.
  await world.advance(30_000)
  await open(spring.filter((_, i) => i % 4 === 0 && world.mailbox.all().some(({ to }) => to === phoneOf('s', i))))
  const empty = await draft({ name: 'Mother’s Day', category: 'commercial', perHour: 2_000 }, [])
  const at = (id: string, path = '') => `${url}/campaigns/${id}${path}`
  return {
    list: `${url}/campaigns`,
    draft: at(empty),
    estimate: at(again, '/estimate'),
    running: at(running),
    over: at(over),
    form: `${url}/campaigns/new`,
    file: `\uFEFF${fileOf(peopleOf('m', 30), zone).replaceAll(',', ';').replace('\nm-1003;', '\nm-1003;12')}`,
  }
}

/** Chooses a file, as a person would, and waits for what the page makes of it. */
export async function chooseFile(page: Page, file: string): Promise<void> {
  const chosen = { name: 'mothers-day.csv', mimeType: 'text/csv', buffer: Buffer.from(file) }
  await page.getByLabel('File with the people').setInputFiles(chosen)
  await page.getByRole('heading', { name: 'The first rows' }).waitFor()
}

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

const peopleOf = (round: string, count: number) => Array.from({ length: count }, (_, i) => `${round}-${1_000 + i}`)
const phoneOf = (round: string, i: number) =>
  `+1512${555 + ['w', 'r', 's', 'm'].indexOf(round)}${String(i).padStart(4, '0')}`

function fileOf(people: string[], zone: string): string {
  const rows = people.map((id, i) => {
    const name = FIRST_NAMES[i % FIRST_NAMES.length]
    const locale = i % 5 === 4 ? 'pt-BR' : 'es-MX'
    return [id, phoneOf(id.charAt(0), i), `${id}@example.com`, name, locale, zone, i % 3 === 0 ? 'gold' : 'blue'].join(
      ',',
    )
  })
  return ['ID cliente,Teléfono,Correo,Nombre,Idioma,Zona horaria,metadata.plan', ...rows].join('\n')
}
