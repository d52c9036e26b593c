import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeFetchText } from '../../src/receipts/fetch-text.ts'
import { makeReceiptReaders, makeTextReaders, type ReceiptSettings } from '../../src/receipts/registry.ts'
import { json, localHttp, localServer, refusingAddress } from '../channels/local-http.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const fetchText = async () => undefined
const everything: ReceiptSettings = {
  publicUrl: 'https://links.example.com',
  emailDomain: 'links.example.com',
  twilioTokens: ['token'],
  dsnSecrets: ['secret'],
  sesTopicArns: ['arn:aws:sns:us-east-1:123456789012:receipts'],
  mailgunKeys: ['key'],
  sendgridKeys: [publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  fetchText,
}

test('every provider with its secret has a reader', () => {
  const readers = [...makeReceiptReaders(everything)].map(([name, { channel }]) => `${channel} ${name}`)

  expect(readers).toEqual(['sms twilio', 'email dsn', 'email ses', 'email mailgun', 'email sendgrid'])
  expect([...makeTextReaders(everything).keys()]).toEqual(['twilio'])
})

test.each<[string, keyof ReceiptSettings]>([
  ['twilio', 'twilioTokens'],
  ['twilio', 'publicUrl'],
  ['dsn', 'dsnSecrets'],
  ['ses', 'sesTopicArns'],
  ['mailgun', 'mailgunKeys'],
  ['sendgrid', 'sendgridKeys'],
])('%s without its %s does not exist', (name, setting) => {
  const { [setting]: _, ...rest } = everything

  expect(makeReceiptReaders(rest as ReceiptSettings).has(name)).toBe(false)
})

test.each([[[]], [['']], [['  ', '']]])('secrets that are empty (%j) are none', (empty) => {
  const settings = {
    ...everything,
    twilioTokens: empty,
    dsnSecrets: empty,
    sesTopicArns: empty,
    mailgunKeys: empty,
    sendgridKeys: empty,
  }

  expect([...makeReceiptReaders(settings).keys()]).toEqual([])
  expect([...makeTextReaders(settings).keys()]).toEqual([])
})

test('nobody is let in by an empty secret beside a good one', async () => {
  const dsn = makeReceiptReaders({ fetchText, dsnSecrets: ['', 'secret'] }).get('dsn')

  const reading = await dsn?.read(
    { url: '/', raw: Buffer.alloc(0), headers: { authorization: 'Bearer ' } },
    new Date(0),
  )

  expect(reading).toEqual({ ok: false, reason: 'bad_signature' })
})

test('what is fetched is text, or nothing', async () => {
  const fetch = makeFetchText(localHttp(), 2_000)
  const url = await localServer((asked, response) => {
    if (asked.path === '/moved') response.writeHead(302, { location: '/text' }).end()
    else if (asked.path === '/large') response.end('x'.repeat(70_000))
    else if (asked.path === '/text') response.end('-----BEGIN')
    else json(response, 404, {})
  })

  expect(await fetch(`${url}/text`)).toBe('-----BEGIN')
  expect(await fetch(`${url}/moved`)).toBeUndefined()
  expect(await fetch(`${url}/large`)).toBeUndefined()
  expect(await fetch(`${url}/missing`)).toBeUndefined()
  expect(await fetch((await refusingAddress()).url)).toBeUndefined()
})
