import { textAt } from './cip-fields.ts'
import type { LinkRecord, Operation } from './partner-state.ts'
import { WIDGET_WORDS, type WidgetLanguage } from './widget-words.ts'

/** The page of a living link: the form, or what became of the transfer. */
export function livePage(
  link: LinkRecord,
  operation: Operation | undefined,
  view: { language: WidgetLanguage; wrong: boolean },
) {
  if (operation?.status === 'cancelled') return endedPage(link, 'cancelled', view.language)
  if (operation?.status === 'failed') return endedPage(link, 'failed', view.language)
  return operation ? sentPage(link, operation, view.language) : formPage(link, view)
}

/** The page of a link that leads nowhere any more, or never did. */
export function deadPage(kind: 'expired' | 'revoked' | 'unknown', language: WidgetLanguage): string {
  const words = WIDGET_WORDS[language]
  return page(language, words[`${kind}Title`], `<p class="soft">${words[`${kind}Text`]}</p>`)
}

export function formPage(link: LinkRecord, { language, wrong }: { language: WidgetLanguage; wrong: boolean }): string {
  const words = WIDGET_WORDS[language]
  const error = wrong ? `<p class="error" id="wrong" role="alert">${words.amountWrong}</p>` : ''
  return page(
    language,
    words.hello(textAt(link.userData, 'name.firstName')),
    `<p class="soft">${words.ready}</p>
    ${facts([
      [words.account, maskedAccount(link) || words.noAccount],
      [words.country, textAt(link.userData, 'paymentMethod.bankAccount.country')],
      [words.fee, dollars(2.99)],
      [words.until, `${link.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
    ])}
    ${error}
    <form method="post" action="${actionOf(link, 'send')}">
      <label for="amount">${words.amount}</label>
      <div class="amount"><span aria-hidden="true">US$</span>
        <input id="amount" name="amount" type="number" inputmode="decimal" min="1" max="3000" step="0.01" value="200" required
          ${wrong ? 'aria-invalid="true" aria-describedby="wrong"' : ''}></div>
      <button>${words.send}</button>
    </form>
    <form method="post" action="${actionOf(link, 'cancel')}"><button class="quiet">${words.cancel}</button></form>`,
  )
}

function sentPage(link: LinkRecord, { amount, status }: Operation, language: WidgetLanguage): string {
  const words = WIDGET_WORDS[language]
  const cancel = `<form method="post" action="${actionOf(link, 'cancel')}"><button class="quiet">${words.cancelTransfer}</button></form>`
  return page(
    language,
    words.sentTitle,
    `<p class="soft" role="status">${words.sentText}</p>
    ${facts([
      [words.amount, dollars(amount.send)],
      [words.rate, String(amount.rate)],
      [words.fee, dollars(amount.fee)],
      [words.received, `${amount.receive.toFixed(2)} ${amount.currency.destination}`],
      [words.account, maskedAccount(link)],
    ])}
    ${status === 'created' ? cancel : ''}`,
  )
}

function endedPage(link: LinkRecord, end: 'cancelled' | 'failed', language: WidgetLanguage): string {
  const words = WIDGET_WORDS[language]
  return page(
    language,
    words[`${end}Title`],
    `<p class="soft" role="status">${words[`${end}Text`]}</p>
    <form method="get" action="${actionOf(link, 'again')}"><button>${words.again}</button></form>`,
  )
}

function page(language: WidgetLanguage, title: string, content: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${escaped(title)}</title>
  <link rel="stylesheet" href="/widget/style.css">
</head>
<body>
  <p class="sandbox">${WIDGET_WORDS[language].sandbox}</p>
  <main>
    <p class="brand"><svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M4 9h14l-4-4M20 15H6l4 4"/></svg> Me2Me</p>
    <section class="card">
    <h1>${escaped(title)}</h1>
    ${content}
    </section>
  </main>
</body>
</html>
`
}

const facts = (pairs: [string, string][]) => {
  const rows = pairs.filter(([, value]) => value !== '')
  return `<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`
}

const maskedAccount = (link: LinkRecord) => {
  const account = textAt(link.userData, 'paymentMethod.bankAccount.accountNumber')
  return account ? `•••• ${account.slice(-4)}` : ''
}

const actionOf = (link: LinkRecord, act: 'send' | 'cancel' | 'again') =>
  `/widget/${link.linkId}/${encodeURIComponent(link.flow)}/${act}`

const dollars = (amount: number) => `US$ ${amount.toFixed(2)}`

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ESCAPES[letter] ?? letter)
