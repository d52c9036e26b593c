import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import nodemailer from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort, openProviders, type Providers } from './provider-house.ts'

let providers: Providers
beforeEach(async () => {
  providers = await openProviders()
})
afterEach(() => providers.close())

describe('the mail relay', () => {
  it('takes a mail and puts its parts into the mailbox', async () => {
    const info = await send({ subject: 'Tu enlace está listo', text: 'Hola Peña', html: '<p>Hola Peña</p>' })

    expect(info.response).toMatch(/^250 2\.0\.0 Ok: queued as/)
    expect(providers.mailbox.messagesTo('ana@example.com')).toMatchObject([
      {
        channel: 'email',
        name: 'Ana Peña',
        from: 'Example Money <hello@example.com>',
        subject: 'Tu enlace está listo',
        text: 'Hola Peña\n',
        html: '<p>Hola Peña</p>\n',
        headers: { 'List-Unsubscribe': '<https://example.com/u/1>' },
      },
    ])
  })

  it('greets at once, without the wait for early talkers', async () => {
    const times: number[] = []

    for (let i = 0; i < 5; i++) {
      const started = performance.now()
      await send()
      times.push(performance.now() - started)
    }

    expect(Math.min(...times)).toBeLessThan(95)
  })

  it('refuses a wrong password', async () => {
    const url = providers.smtpUrl.replace(/:[^:@]+@/, ':wrong@')

    await expect(send({}, url)).rejects.toMatchObject({ code: 'EAUTH', responseCode: 535 })
  })

  it('listens where it is told to', async () => {
    const port = await freePort()
    const own = await openProviders({ smtpPort: port })

    await send({}, own.smtpUrl)

    expect(new URL(own.smtpUrl).port).toBe(String(port))
    expect(own.mailbox.all()).toHaveLength(1)
    await own.close()
  })

  it.each([
    ['bounce-5.1.1@example.com', 550, 'EENVELOPE'],
    ['bounce-5.2.2@example.com', 552, 'EENVELOPE'],
    ['bounce-4.2.1@example.com', 450, 'EENVELOPE'],
    ['dot-5.7.1@example.com', 554, 'EMESSAGE'],
  ])('refuses the magic address %s with %i', async (to, responseCode, code) => {
    await expect(send({ to })).rejects.toMatchObject({ code, responseCode })
    expect(providers.mailbox.all()).toEqual([])
  })
})

describe('faults of the mail relay', () => {
  it.each([
    ['mail', 'EENVELOPE'],
    ['rcpt', 'EENVELOPE'],
    ['data', 'EENVELOPE'],
    ['dot', 'EMESSAGE'],
  ])('code refuses at %s, once', async (stage, code) => {
    providers.faults.arm('smtp', { kind: 'code', count: 1, stage, code: 451, message: '4.3.0 Try later' })

    await expect(send()).rejects.toMatchObject({ code, responseCode: 451, response: '451 4.3.0 Try later' })

    await expect(send()).resolves.toMatchObject({ accepted: ['ana@example.com'] })
    expect(providers.mailbox.all()).toHaveLength(1)
  })

  it.each([
    ['greeting_421', 421],
    ['greeting_554', 554],
  ])('%s turns the next connection away', async (kind, responseCode) => {
    providers.faults.arm('smtp', { kind, count: 1 })

    await expect(send()).rejects.toMatchObject({ code: 'EPROTOCOL', responseCode })

    await expect(send()).resolves.toMatchObject({ accepted: ['ana@example.com'] })
  })

  it('drop_before_354 hangs up with nothing taken', async () => {
    providers.faults.arm('smtp', { kind: 'drop_before_354', count: 1 })

    await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNECTION|ESOCKET/) })

    expect(providers.mailbox.all()).toEqual([])
  })

  it.each([
    [undefined, 1],
    [false, 0],
  ])('drop_after_dot with done %s hangs up and leaves %i mail', async (done, kept) => {
    providers.faults.arm('smtp', { kind: 'drop_after_dot', count: 1, ...(done === undefined ? {} : { done }) })

    await expect(send()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNECTION|ESOCKET/) })

    expect(providers.mailbox.all()).toHaveLength(kept)
  })

  it('stands when a connection breaks in the middle of a message', async () => {
    const { port, username, password } = new URL(providers.smtpUrl)
    const socket = connect(Number(port), '127.0.0.1')
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    const say = async (line: string) => {
      socket.write(`${line}\r\n`)
      return (await lines.next()).value
    }
    await lines.next()
    await say('HELO client')
    await say(`AUTH PLAIN ${btoa(`\0${username}\0${password}`)}`)
    await say('MAIL FROM:<hello@example.com>')
    await say('RCPT TO:<ana@example.com>')
    expect(await say('DATA')).toMatch(/^354/)

    socket.write('Subject: half a mail\r\n')
    socket.destroy()

    await expect(send()).resolves.toMatchObject({ accepted: ['ana@example.com'] })
    expect(providers.mailbox.all()).toHaveLength(1)
  })

  it('silence_after_dot keeps the answer to itself', async () => {
    providers.faults.arm('smtp', { kind: 'silence_after_dot', count: 1 })

    await expect(send({}, `${providers.smtpUrl}?socketTimeout=150`)).rejects.toMatchObject({ code: 'ETIMEDOUT' })

    expect(providers.mailbox.all()).toHaveLength(1)
  })
})

async function send(change: object = {}, url = providers.smtpUrl) {
  const transport = nodemailer.createTransport(url)
  const mail = {
    from: { name: 'Example Money', address: 'hello@example.com' },
    to: { name: 'Ana Peña', address: 'ana@example.com' },
    subject: 'Your link',
    text: 'Hello',
    headers: { 'List-Unsubscribe': '<https://example.com/u/1>' },
    ...change,
  }
  return transport.sendMail(mail).finally(() => transport.close())
}
