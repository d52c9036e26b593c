import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { eventually, openHouse } from '../support/house.ts'
import { withClient } from '../support/queues.ts'
import { aCampaign } from './audience-kit.ts'

const house = await openHouse({ env: { ROLES: 'api' } })
const sql = (text: string, values: unknown[] = []) =>
  withClient(house.databaseUrl, (client) => client.query<Record<string, unknown>>(text, values))
const ROWS = 'referenceId,phone\nuser_1,+15125550101\nuser_2,+15125550102\n'
const TAKEN = { rows: 2, taken: 2, known: 0, doubled: 0, refused: 0, errors: [] }

describe('a file', () => {
  it('is taken line by line, and what nobody reads is named', async () => {
    const campaign = await aCampaign(house)

    const { status, body, text } = await campaign.upload(
      'Reference ID,Teléfono,First name,Crm\nuser_1,+15125550101,Ana,x\nuser_2,+15125550102,Ben,y\n',
    )

    expect(status, text).toBe(200)
    expect(body).toMatchObject(TAKEN)
    expect(body['mapping']).toEqual({
      'Reference ID': 'referenceId',
      Teléfono: 'contact.phone',
      'First name': 'contact.name.firstName',
    })
    expect(body['ignored']).toEqual(['Crm'])
    expect(await campaign.rows()).toMatchObject({
      user_1: { contact: { phone: '+15125550101', name: { firstName: 'Ana' } }, channels: ['sms'], line: 2 },
      user_2: { contact: { phone: '+15125550102', name: { firstName: 'Ben' } }, line: 3 },
    })
  })

  it.each([
    ['with semicolons', ROWS.replaceAll(',', ';')],
    ['with tabs', ROWS.replaceAll(',', '\t')],
    ['with a line that names the separator', `sep=;\r\n${ROWS.replaceAll(',', ';')}`],
    ['with line breaks of Windows', ROWS.replaceAll('\n', '\r\n')],
    ['with line breaks of an old Mac', ROWS.replaceAll('\n', '\r')],
    ['with a byte order mark', `\uFEFF${ROWS}`],
    ['without a break at its end', ROWS.trimEnd()],
    ['with blanks around everything', ROWS.replaceAll(',', ' , ').replaceAll('user', ' user')],
    ['with everything in quotation marks', ROWS.replaceAll(/[^,\n]+/g, '"$&"')],
    ['with formulas that keep a text a text', ROWS.replaceAll(/\+\d+/g, '="$&"')],
    ['with formulas in quotation marks', ROWS.replaceAll(/\+\d+/g, '"=""$&"""')],
    ['with apostrophes that keep formulas from running', ROWS.replaceAll('+', "'+")],
    ['with empty lines, and lines of empty cells', ROWS.replaceAll('\n', '\n\n,\n')],
    ['with empty cells beyond its columns', ROWS.replaceAll(/(\d)\n/g, '$1,,\n')],
    ['with columns that have no name', ROWS.replaceAll(/\n(?=.)/g, ',\n').replace(/\n$/, ',\n')],
  ])('%s is understood', async (_, text) => {
    const campaign = await aCampaign(house)

    const { body } = await campaign.upload(text)

    expect(body).toMatchObject(TAKEN)
    expect(await campaign.rows()).toMatchObject({
      user_1: { contact: { phone: '+15125550101' } },
      user_2: { contact: { phone: '+15125550102' } },
    })
  })

  it.each(['utf16le', 'utf16be'])('in %s with a byte order mark is understood', async (encoding) => {
    const campaign = await aCampaign(house)
    const bytes = Buffer.from(`\uFEFF${ROWS.replaceAll(',', '\t')}`, 'utf16le')

    const { body } = await campaign.uploadBytes(encoding === 'utf16be' ? bytes.swap16() : bytes)

    expect(body).toMatchObject(TAKEN)
  })

  it.each([
    ['Latin-1', Buffer.from('referenceId,phone,note\nuser_1,+15125550101,café\n', 'latin1')],
    ['UTF-16 without its mark', Buffer.from(ROWS, 'utf16le')],
  ])('in %s is refused whole, with what to do', async (_, bytes) => {
    const campaign = await aCampaign(house)

    const { status, body } = await campaign.uploadBytes(bytes)

    expect(status).toBe(422)
    expect(body).toMatchObject({
      code: 'audience_unreadable',
      errors: [{ message: expect.stringMatching(/CSV UTF-8/) }],
    })
    expect(await campaign.uploads()).toEqual([])
  })

  it.each([
    ['nothing', '', /names? the columns/],
    ['no column for the id', 'phone\n+15125550101\n', /referenceId/],
    ['two columns of one name', 'referenceId,phone,phone\nuser_1,+15125550101,\n', /rename one/],
  ])('with %s is refused whole', async (_, text, message) => {
    const campaign = await aCampaign(house)

    const { status, body } = await campaign.upload(text)

    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'audience_unreadable', errors: [{ message: expect.stringMatching(message) }] })
  })

  it('keeps cells over several lines, and counts lines as an editor does', async () => {
    const campaign = await aCampaign(house)

    const { body } = await campaign.upload(
      'referenceId,phone,variables.note\nuser_1,+15125550101,"one\ntwo, ""three"""\n\nuser_2,nobody,\n',
    )

    expect(body).toMatchObject({ taken: 1, refused: 1, errors: [{ line: 5, column: 'phone' }] })
    expect(await campaign.rows()).toMatchObject({ user_1: { person: { variables: { note: 'one\ntwo, "three"' } } } })
  })

  it('is taken up to a quotation mark that is never closed, and after it', async () => {
    const campaign = await aCampaign(house)

    const { body } = await campaign.upload(`${ROWS}user_3,"+15125550103\nuser_4,+15125550104\n`)

    expect(body).toMatchObject({ rows: 4, taken: 3, errors: [{ line: 4, column: '', reason: /never closed/ }] })
  })

  it('that is refused at its head is answered though most of it is still to come', async () => {
    const campaign = await aCampaign(house)

    const { status } = await campaign.upload(`phone\n${'+15125550101\n'.repeat(1_500_000)}`)

    expect(status).toBe(422)
  })

  it('longer than anything that is kept at once is taken whole', async () => {
    const campaign = await aCampaign(house)
    const lines = Array.from({ length: 5_000 }, (_, i) => `user_${i},+1512555${String(i).padStart(4, '0')}`)

    const { body } = await campaign.upload(`referenceId,phone\n${lines.join('\n')}`)

    expect(body).toMatchObject({ rows: 5_000, taken: 5_000 })
    expect(await campaign.uploads()).toMatchObject([{ id: body['uploadId'], status: 'done', taken: 5_000 }])
  })
})

describe('columns', () => {
  it('go where the map says, and nowhere where it says null', async () => {
    const campaign = await aCampaign(house)
    const map = {
      Nr: 'referenceId',
      Mobil: 'contact.phone',
      Betrag: 'variables.amountHint',
      Fall: 'metadata.crmCaseId',
      email: null,
    }

    const { body } = await campaign.upload('Nr,Mobil,Betrag,Fall,email\nuser_1,+15125550101,200,42,wrong\n', {
      map: JSON.stringify(map),
    })

    expect(body).toMatchObject({ taken: 1, ignored: ['email'] })
    expect(await campaign.rows()).toMatchObject({
      user_1: { person: { variables: { amountHint: '200' }, metadata: { crmCaseId: '42' } } },
    })
  })

  it.each([
    ['a column there is not', { Phone: 'contact.phone' }],
    ['a field there is not', { referenceId: 'template' }],
    ['one field twice', { referenceId: 'contact.email', other: 'contact.email' }],
    ['a field and what lies within it', { referenceId: 'referenceId', other: 'variables.a', third: 'variables.a.b' }],
  ])('are refused when the map names %s', async (_, map) => {
    const campaign = await aCampaign(house)

    const { status, body } = await campaign.upload('referenceId,other,third\nuser_1,a,b\n', {
      map: JSON.stringify(map),
    })

    expect(status).toBe(422)
    expect(body['errors'][0]).toMatchObject({ path: 'map' })
  })

  it.each([
    ['a map that is no JSON', { map: 'phone' }],
    ['a separator there is not', { delimiter: 'x' }],
    ['something unknown', { columns: 'a' }],
  ])('are refused with %s', async (_, query) => {
    const campaign = await aCampaign(house)

    expect(await campaign.upload(ROWS, query as Record<string, string>)).toMatchObject({
      status: 422,
      body: { code: 'invalid_request' },
    })
  })

  it('of an account make the name one for the partner', async () => {
    const campaign = await aCampaign(house)

    await campaign.upload(
      'id,nombre,apellido,telefono,clabe,pais del banco,push tokens\nuser_1,Ana,Cruz,+15125550101,014027000005555558,MX,a|b\n',
    )

    expect(await campaign.rows()).toMatchObject({
      user_1: {
        contact: { pushTokens: ['a', 'b'] },
        person: {
          userData: {
            name: { firstName: 'Ana', lastName: 'Cruz' },
            paymentMethod: {
              type: 'bank_account',
              bankAccount: { accountNumber: '014027000005555558', country: 'MX' },
            },
          },
        },
      },
    })
  })
})

describe('NDJSON', () => {
  const good = { referenceId: 'user_1', contact: { phone: '+15125550101' }, variables: { amountHint: 200 } }

  it('is taken line by line, each by the rules of a dispatch', async () => {
    const campaign = await aCampaign(house)

    const { body } = await campaign.uploadJson([
      good,
      '',
      { ...good, referenceId: 'user_2', contact: { phone: 'nobody' } },
      '{"referenceId":',
      { ...good, referenceId: 'user_3', template: 'other' },
      {
        ...good,
        referenceId: 'user_4',
        link: { linkId: 'l', url: 'https://elsewhere.example/x', expiresAt: '2020-01-01T00:00:00Z' },
      },
      'x'.repeat(70_000),
    ])

    expect(body).toMatchObject({ rows: 6, taken: 1, refused: 5, mapping: {}, ignored: [] })
    expect(body['errors'].map((one: { line: number; column: string }) => [one.line, one.column])).toEqual([
      [3, 'contact.phone'],
      [4, ''],
      [5, 'template'],
      [6, 'link.url'],
      [6, 'link.expiresAt'],
      [7, ''],
    ])
    expect(await campaign.rows()).toMatchObject({ user_1: { person: { variables: { amountHint: 200 } } } })
  })
})

describe('a person', () => {
  it('is reached where they were reached before, if the row says nothing of it', async () => {
    const campaign = await aCampaign(house, { channels: ['email', 'sms'] })
    const { referenceId, contact } = await house.accept({ locale: 'es-MX' })

    const { body } = await campaign.upload(`referenceId,first name\n${referenceId},Ana\nstranger,Ben\n`)

    expect(body).toMatchObject({
      taken: 1,
      refused: 1,
      errors: [{ line: 3, column: 'contact', reason: 'no address for email, sms' }],
    })
    expect(await campaign.rows()).toMatchObject({
      [referenceId]: {
        contact: { ...contact, name: { firstName: 'Ana' } },
        locale: 'es-MX',
        channels: ['email', 'sms'],
      },
    })
  })

  it('needs an address that the campaign uses, or one of its variants', async () => {
    const variants = [
      { name: 'a', weight: 1, channels: ['sms'] },
      { name: 'b', weight: 1, channels: ['email'] },
    ]
    const campaign = await aCampaign(house, { channels: ['sms'], variants })

    const { body } = await campaign.upload(
      'referenceId,phone,email,push token\nuser_1,+15125550101,,\nuser_2,,ben@example.com,\nuser_3,,,token-1\n',
    )

    expect(body).toMatchObject({ taken: 2, errors: [{ line: 4 }] })
  })

  it('stands in an audience once, however often files name them', async () => {
    const campaign = await aCampaign(house)

    const first = await campaign.upload(`${ROWS}user_1,+15125550109\n`)
    const again = await campaign.upload(`${ROWS}user_3,+15125550103\n`)

    expect(first.body).toMatchObject({
      rows: 3,
      taken: 2,
      doubled: 1,
      errors: [{ line: 4, column: 'referenceId', reason: 'stands in line 2 already' }],
    })
    expect(again.body).toMatchObject({ rows: 3, taken: 1, known: 2, doubled: 0 })
    expect(await campaign.rows()).toMatchObject({ user_1: { contact: { phone: '+15125550101' } } })
  })
})

describe('an upload that is cut off', () => {
  it('leaves what was taken, says that it is broken, and can be sent again', async () => {
    const campaign = await aCampaign(house)
    const lines = Array.from({ length: 4_000 }, (_, i) => `user_${i},+1512555${String(i).padStart(4, '0')}\n`)
    const file = `referenceId,phone\n${lines.join('')}`
    const sending = request(`${house.url}${campaign.path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${house.app.apiKey}`,
        'Content-Type': 'text/csv',
        'Content-Length': file.length,
      },
    })
    sending.on('error', () => undefined)
    sending.write(file.slice(0, 70_003))
    await eventually(async () => expect((await campaign.uploads())[0]?.['taken']).toBeGreaterThan(0))

    sending.destroy()
    await eventually(async () => expect(await campaign.uploads()).toMatchObject([{ status: 'broken' }]))
    const [broken] = await campaign.uploads()
    const { body } = await campaign.upload(file)

    expect(body).toMatchObject({ rows: 4_000, known: broken?.['taken'], taken: 4_000 - broken?.['taken'], refused: 0 })
    expect(Object.keys(await campaign.rows())).toHaveLength(4_000)
  })
})

describe('lines that were not taken', () => {
  it('come back as a file that can be mended and sent again', async () => {
    const campaign = await aCampaign(house)
    const sent = await campaign.upload(
      'referenceId;phone;variables.note\nuser_1;+1512;"=cmd|x; ""y"""\nuser_2;+15125550102;\nuser 3;nobody;\nuser_2;+15125550102;\n',
    )

    const refused = await campaign.refused(sent)
    const mended = await campaign.upload(refused.replace("'+1512;", "'+15125550101;"))

    expect(refused.split('\r\n')).toEqual([
      'line;column;reason;referenceId;phone;variables.note',
      `2;phone;is not a phone number that exists;user_1;'+1512;"'=cmd|x; ""y"""`,
      expect.stringMatching(/^4;referenceId, phone;"referenceId must have .*; phone is national.*";user 3;nobody;$/),
      '5;referenceId;stands in line 3 already',
      '',
    ])
    expect(mended.body).toMatchObject({ taken: 1, ignored: ['line', 'column', 'reason'] })
    expect(await campaign.rows()).toMatchObject({ user_1: { person: { variables: { note: '=cmd|x; "y"' } } } })
  })

  it('are in no answer, in no log and in no table as they were', async () => {
    const campaign = await aCampaign(house)

    const sent = await campaign.upload('referenceId,phone\nana@example.com,nobody-I-know\n')
    const stored = await sql('select * from app.audience_refusal')

    expect(sent.text).not.toMatch(/ana@|nobody-I/)
    expect(stored.rows.map((row) => `${JSON.stringify(row)}${row['sealed'] ?? ''}`).join()).not.toMatch(/ana@|nobody-I/)
  })
})

describe('a campaign', () => {
  it('takes people while it runs, and gives them their time', async () => {
    const campaign = await aCampaign(house)
    await campaign.upload(ROWS)
    expect((await house.call('POST', `/v1/campaigns/${campaign.id}/start`, {})).status).toBe(200)

    const { body } = await campaign.upload('referenceId,phone\nuser_9,+15125550109\n')
    const { rows } = await sql(
      `select send_at from app.audience_row where reference_id = 'user_9' and send_at <= clock_timestamp()`,
    )

    expect(body).toMatchObject({ taken: 1 })
    expect(rows).toHaveLength(1)
  })

  it('that is over takes nobody', async () => {
    const campaign = await aCampaign(house)
    await house.call('POST', `/v1/campaigns/${campaign.id}/cancel`, {})

    expect(await campaign.upload(ROWS)).toMatchObject({
      status: 409,
      body: { code: 'audience_closed', campaignStatus: 'cancelled' },
    })
  })

  it('can be emptied while it is a draft, and only then', async () => {
    const campaign = await aCampaign(house)
    await campaign.upload(ROWS)

    const emptied = await house.call('DELETE', campaign.path)
    await campaign.upload(ROWS)
    await house.call('POST', `/v1/campaigns/${campaign.id}/start`, {})

    expect(emptied).toMatchObject({ status: 200, body: { removed: 2 } })
    expect(await house.call('DELETE', campaign.path)).toMatchObject({ status: 409, body: { code: 'campaign_state' } })
    expect(Object.keys(await campaign.rows())).toHaveLength(2)
  })

  it.each(['send', 'read', 'operate'])('is none of the business of a key that may %s', async (scope) => {
    const campaign = await aCampaign(house)
    const { body } = await house.call('POST', '/v1/keys', { label: scope, scopes: [scope] })
    const Authorization = `Bearer ${body['key']}`

    const answer = await campaign.upload(ROWS, {}, { 'Content-Type': 'text/csv', Authorization })

    expect(answer.status).toBe(403)
  })

  it('takes no other types, and nothing that is packed', async () => {
    const campaign = await aCampaign(house)

    const json = await campaign.upload('{}', {}, { 'Content-Type': 'application/json' })
    const packed = await campaign.upload(ROWS, {}, { 'Content-Type': 'text/csv', 'Content-Encoding': 'gzip' })

    expect([json.status, packed.status]).toEqual([415, 415])
  })

  it('tells what was taken in an event', async () => {
    const campaign = await aCampaign(house)

    const { body } = await campaign.upload(ROWS)
    const { rows } = await sql(
      `select data from app.event where type = 'campaign.audience' and data ->> 'uploadId' = $1`,
      [body['uploadId']],
    )

    expect(rows).toMatchObject([{ data: { campaignId: campaign.id, taken: 2, by: expect.any(String) } }])
  })
})

describe('a preview', () => {
  const preview = (path: string, text: string) =>
    house.call('POST', `${path}/mapping`, text, { 'Content-Type': 'text/csv' })

  it('shows how a file would be understood, masked, and stores nothing', async () => {
    const campaign = await aCampaign(house)

    const { status, body, text } = await preview(
      campaign.path,
      'referenceId;correo;amount;variables.note\nuser_1;ana@example.com;1;hello\nuser_2;nobody;1;\n',
    )

    expect(status, text).toBe(200)
    expect(body).toMatchObject({
      delimiter: ';',
      encoding: 'utf-8',
      columns: [
        { name: 'referenceId', path: 'referenceId' },
        { name: 'correo', path: 'contact.email' },
        { name: 'amount', path: null },
        { name: 'variables.note', path: 'variables.note' },
      ],
      ignored: ['amount'],
      rows: [{ line: 2, referenceId: 'user_1', contact: { email: 'a•••@example.com' }, fields: ['variables.note'] }],
      problems: [{ line: 3, column: 'correo' }],
    })
    expect(text).not.toMatch(/ana@|hello/)
    expect(await campaign.uploads()).toEqual([])
  })

  it('shows the columns also where none holds the id', async () => {
    const campaign = await aCampaign(house)

    const { body } = await preview(campaign.path, 'Nr,phone\n1,+15125550101\n')

    expect(body['columns']).toHaveLength(2)
    expect(body['problems'][0]).toMatchObject({ line: 0, reason: expect.stringMatching(/referenceId/) })
  })

  it('does not judge a line that the first 64 KB cut in two', async () => {
    const campaign = await aCampaign(house)
    const text = `referenceId,phone\n${'user_1,+15125550101\n'.repeat(4_000)}`.slice(0, 65_536)

    expect((await preview(campaign.path, text)).body['problems']).toEqual([])
  })
})
