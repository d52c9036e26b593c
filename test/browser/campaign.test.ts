import { readFile } from 'node:fs/promises'
import type { Download, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { type House, openHouse, PHONE } from '../support/house.ts'
import { overflowOf, statusBadge } from './acts.ts'
import { openBrowser } from './visitor.ts'

const newVisitor = await openBrowser()
const PEOPLE = 12

/** As Excel writes it in Spain: with a mark of its encoding, semicolons, quotation marks and a number kept as text. */
function excelFile(house: House): Buffer {
  const zone = afternoonZone(house.now())
  const rows = Array.from({ length: PEOPLE }, (_, i) => {
    const phone = `="+1512556${String(i).padStart(4, '0')}"`
    return `cust_${100 + i};${phone.replaceAll('"', '""').replace(/^(.*)$/, '"$1"')};ana${i}@example.com;"Ana ""Ani"" López";es-MX;${zone};gold`
  })
  const bad = [`cust_900;12;;Eva;es-MX;${zone};`, 'cust_901;;eva@example.com;Eva;es-MX;Mars/Olympus;']
  const head = 'ID cliente;Teléfono;Correo electrónico;Nombre;Idioma;Zona horaria;Plan'
  return Buffer.from(`\uFEFF${[head, ...rows.slice(0, 2), ...bad, ...rows.slice(2), rows[0]].join('\r\n')}\r\n`)
}

describe('a campaign, in the browser', async () => {
  const house = await openHouse({ env: { M2M_CREATES_PER_MINUTE: 'off' } })
  const { desk, complaints } = await newVisitor(house)
  const sent = desk.locator('.run-progress')
  const count = (station: string) =>
    desk.locator('.funnel li', { has: desk.locator(`.funnel-word:text-is("${station}")`) }).locator('.funnel-count')

  it('begins with a sentence that says what it is', async () => {
    await desk.getByRole('link', { name: 'Campaigns', exact: true }).click()

    await desk.getByText('A campaign sends everybody on a list their own magic link').waitFor()
  })

  it('is described with a form', async () => {
    await desk.getByRole('link', { name: 'New campaign' }).click()
    await desk.getByLabel('Name', { exact: true }).first().fill('Spring transfer')
    await desk.getByLabel('Transactional').check()
    await desk.getByLabel('Reminders', { exact: true }).selectOption('none')

    await desk.getByRole('button', { name: 'Make the draft' }).click()

    await desk.waitForURL(/\/campaigns\/cmp_\w{26}/)
    await statusBadge(desk, 'Draft').waitFor()
  })

  it('shows how a file will be understood before it is sent', async () => {
    const buffer = excelFile(house)

    await desk.getByLabel('File with the people').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer })

    await desk.getByRole('heading', { name: 'What the columns mean' }).waitFor()
    expect(await chosen(desk)).toEqual([
      'ID cliente: referenceId',
      'Teléfono: contact.phone',
      'Correo electrónico: contact.email',
      'Nombre: contact.name.firstName',
      'Idioma: locale',
      'Zona horaria: timeZone',
      'Plan: ',
    ])
    await desk.getByText('Line 5, Zona horaria').waitFor()
    expect(await desk.locator('.mapping tbody').textContent()).not.toContain('+1512556')
  })

  it('is put right by whoever knows better, column by column', async () => {
    await desk.getByLabel('Plan', { exact: true }).selectOption('metadata.plan')

    await desk.locator('.mapping td', { hasText: 'metadata.plan' }).first().waitFor()
  })

  it('takes the good rows, and gives the bad ones back', async () => {
    await desk.getByRole('button', { name: 'Upload the people' }).click()

    await desk.getByText(`${PEOPLE} people of ${PEOPLE + 3} rows taken.`).waitFor()
    await desk.getByText(`A draft for ${PEOPLE} people.`).waitFor()
    const refused = await downloadOf(desk, 'Download the refused rows (CSV)')
    const lines = refused.split('\r\n')
    expect(lines[0]).toMatch(/^\uFEFFline;column;reason;ID cliente;/)
    expect(lines.slice(1).map((line) => line.split(';').slice(0, 2).join(' '))).toEqual([
      '4 Teléfono',
      '5 Zona horaria',
      `${PEOPLE + 4} ID cliente`,
      '',
    ])
  })

  it('says what will happen', async () => {
    await desk.getByRole('link', { name: 'See what will happen' }).click()

    await desk.getByText(`${PEOPLE} people would get a message.`).waitFor()
    expect(await desk.locator('.figure', { hasText: 'Recipients' }).textContent()).toContain(`of ${PEOPLE} rows`)
    expect(await desk.locator('.bubble').first().textContent()).toContain('Ana "Ani" López')
    expect(await desk.getByRole('img', { name: /^Messages an hour/ }).count()).toBe(1)
  })

  it('starts when the warnings were read', async () => {
    await house.call('POST', '/v1/holds', { scope: 'channel', value: 'sms', reason: 'so that the page is there first' })
    await desk.reload()
    await desk.getByRole('button', { name: 'Start the campaign' }).click()
    await desk.getByText('These holds are in force and would stop it.').last().waitFor()
    await desk.getByLabel('I have read this, and start all the same').check()

    await desk.getByRole('button', { name: 'Start', exact: true }).click()

    await statusBadge(desk, 'Running').waitFor()
    await desk.getByText('It is held by something else').waitFor()
    await sent.getByText(`0 sent of ${PEOPLE}`).waitFor()
  })

  it('shows how everybody is written to, while one looks', async () => {
    await desk.evaluate('window.marked = true')
    const { body } = await house.call('GET', '/v1/holds')

    for (const { id } of body['items']) await house.call('DELETE', `/v1/holds/${id}`)

    await sent.getByText(`${PEOPLE} sent of ${PEOPLE}`).waitFor()
    expect(await count('Handed over').textContent()).toBe(String(PEOPLE))
    await desk.getByRole('img', { name: /^Messages in a minute/ }).waitFor()
    expect(await desk.evaluate('window.marked')).toBe(true)
  })

  it('counts a person who opens, while one looks', async () => {
    await house.advance('PT2M')

    await house.openLink('cust_103', PHONE)

    await count('Opened').getByText('1', { exact: true }).waitFor()
    await desk
      .locator('.follow-ups li', { hasText: 'Not opened' })
      .getByText(String(PEOPLE - 1))
      .waitFor()
    expect(await desk.evaluate('window.marked')).toBe(true)
  })

  it('is paused with a reason, and goes on', async () => {
    await desk.getByRole('button', { name: 'Pause' }).click()
    await desk.locator('#pause').getByLabel('Reason').fill('wrong prices')
    await desk.locator('#pause').getByRole('button', { name: 'Pause' }).click()

    await statusBadge(desk, 'Paused').waitFor()
    await desk.getByText('wrong prices').waitFor()

    await desk.getByRole('button', { name: 'Resume' }).click()
    await desk.locator('#resume').getByRole('button', { name: 'Resume' }).click()

    await statusBadge(desk, 'Running').waitFor()
  })

  it('stands on the list with how far it has come', async () => {
    await desk.getByRole('link', { name: 'Campaigns', exact: true }).first().click()

    const row = desk.getByRole('row').filter({ hasText: 'Spring transfer' })
    expect(await row.textContent()).toContain(`${PEOPLE} of ${PEOPLE}`)
    expect(await row.textContent()).toContain('8.3%')
    await desk.getByRole('link', { name: 'Spring transfer' }).click()
  })

  it('gives a list of those who did not open, with what the file said of them', async () => {
    const entry = desk.locator('.follow-ups li', { hasText: 'Not opened' })

    const csv = await downloadOf(desk, 'CSV', entry)
    await entry.getByRole('link', { name: 'See them' }).click()

    const [head = '', ...people] = csv.trim().split('\r\n')
    expect(head).toContain('referenceId')
    expect(head).toContain('metadata.plan')
    expect(people.map((line) => line.split(',')[0]).toSorted()).toEqual(
      Array.from({ length: PEOPLE }, (_, i) => `cust_${100 + i}`).filter((name) => name !== 'cust_103'),
    )
    expect(people.every((line) => line.includes('gold') && !line.includes('@example.com'))).toBe(true)
    await desk.getByRole('heading', { name: 'Not opened' }).waitFor()
    expect(await desk.getByRole('link', { name: /^cust_/ }).count()).toBe(PEOPLE - 1)
  })

  it('becomes the audience of the next one', async () => {
    await desk.getByRole('link', { name: 'New campaign from this list' }).click()
    await desk.getByRole('button', { name: 'Make the draft with these people' }).click()

    await desk.getByText(`A draft for ${PEOPLE - 1} people.`).waitFor()
    await desk.getByText('List: Not opened').waitFor()
  })

  it('lets the browser complain of nothing', () => {
    expect(complaints).toEqual([])
  })
})

/** What each column is taken for. */
const chosen = async (desk: Page): Promise<string[]> => {
  const columns = await desk.locator('[data-column]').all()
  return Promise.all(columns.map(async (one) => `${await one.getAttribute('data-column')}: ${await one.inputValue()}`))
}

async function downloadOf(desk: Page, name: string, within: Pick<Page, 'getByRole'> = desk): Promise<string> {
  const [file] = await Promise.all([
    desk.waitForEvent('download') as Promise<Download>,
    within.getByRole('link', { name, exact: true }).click(),
  ])
  return readFile(await file.path(), 'utf8')
}

describe('campaigns on a phone 360 pixels wide', async () => {
  const house = await openHouse()
  const { desk, complaints } = await newVisitor(house, { width: 360, height: 640 })
  const { body } = await house.call('POST', '/v1/campaigns', {
    name: 'A-name-that-is-rather-long-and-has-no-place-to-break-until-its-very-end',
    category: 'commercial',
    variants: [
      { name: 'one of the longest names a variant has', weight: 1 },
      { name: 'b', weight: 1 },
    ],
  })
  await fetch(`${house.url}/v1/campaigns/${body['id']}/audience`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${house.app.apiKey}`, 'Content-Type': 'text/csv' },
    body: excelFile(house),
  })
  const draft = `${house.url}/campaigns/${body['id']}`

  it.each([
    ['the list', `${house.url}/campaigns`],
    ['the form', `${house.url}/campaigns/new`],
    ['a draft', draft],
    ['the estimate', `${draft}/estimate`],
    ['the way to take words back', `${house.url}/take-back?template=magic-link@1`],
  ])('%s is not wider than the screen', async (_, url) => {
    await desk.goto(url, { waitUntil: 'load' })

    expect(await overflowOf(desk)).toEqual([])
  })

  it('a mapping is not wider than the screen', async () => {
    await desk.goto(draft)

    await desk
      .getByLabel('File with the people')
      .setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: excelFile(house) })

    await desk.getByRole('heading', { name: 'The first rows' }).waitFor()
    expect(await overflowOf(desk)).toEqual([])
  })

  it('a campaign under way is not wider than the screen', async () => {
    await house.call('POST', `/v1/campaigns/${body['id']}/start`)
    await house.settled()

    await desk.goto(draft, { waitUntil: 'load' })

    await desk.getByRole('heading', { name: 'Funnel' }).waitFor()
    expect(await overflowOf(desk)).toEqual([])
  })

  it('lets the browser complain of nothing', () => {
    expect(complaints).toEqual([])
  })
})
