export type Reply = 'stop' | 'start' | 'help' | 'other'

/**
 * What a person's answer to a message asks for, in English, Spanish, Portuguese or French.
 *
 * STOP is read generously (first word, set phrases, `please` before it, stretched or spaced letters): a false stop
 * costs a message, a missed one costs trust. START is consent and is read strictly: the whole message. Everything
 * unclear is `other` and waits for a person, also a text that merely holds a stop word further on.
 */
export function readReply(text: string): Reply {
  const words = withoutCourtesy(wordsOf(text))
  const [first = ''] = words
  const whole = words.join(' ')

  if (STOP_FIRST.has(first) || STOP_WHOLE.has(whole) || beginsWithPhrase(whole)) return 'stop'
  if (START_WHOLE.has(whole)) return 'start'
  if (words.some((word) => STOP_FIRST.has(word))) return 'other'
  return HELP_FIRST.has(first) ? 'help' : 'other'
}

/** Stop words that count even when more follows. */
const STOP_FIRST = setOf(`
  stop stops stopall stopped stopping unsubscribe unsub unsubscribed optout revoke cancel quit end remove alto baja
  cancelar cancela cancele cancelen detener detente detenga detengan detenganse deten parar pare paren basta borrame
  eliminame desuscribir desuscribirme desuscribeme desuscripcion suspender suspendan anular sair cancelem
  descadastrar descadastre descadastro desinscrever desinscreva remover remova removam chega arret arreter
  desabonner
`)

/** Too common as the beginning of another sentence to count there. */
const STOP_WHOLE = setOf(
  'para fin fim salir no-more no-mas nunca-mais enough borrar eliminar terminar encerrar stp sotp',
)

const STOP_PHRASES = phrases(`
  opt out, opt me out, no more texts, no more text, no more messages, no more sms, no more emails, no more reminders
  do not text, dont text, do not message, dont message, do not contact, dont contact, do not send, dont send
  do not call, dont call, dont email, do not email, leave me alone, take me off, get me off, delete me
  delete my number, delete this number, lose my number, i want to stop, i want you to stop, i want to unsubscribe
  i want to opt out, i wish to opt out, i opt out, no mas mensajes, no mas sms, no mas textos, no mas correos
  ya no quiero, ya no me manden, ya no me envien, ya no envien, no quiero mas, no quiero recibir, no me envien
  no me envie, no me mande, no me manden, no envien mas, no enviar mas, no enviar, no me escriban, no me contacten
  no molestar, no molesten, no me molesten, deje de, dejen de, deja de, dar de baja, darme de baja, dame de baja
  deme de baja, denme de baja, quiero darme de baja, quitame, quitenme, borren mi numero, elimine mi numero
  eliminen mi numero, quiero cancelar, quiero parar, nao quero mais, nao quero receber, nao me envie, nao me enviem
  nao envie mais, nao enviar, nao mande, nao me mande, me remova, me remove, me tire, me tira, me exclua, quero sair
  quero parar, quero cancelar, parem de, para de, deixe de, nao perturbe, sem mais mensagens
`)

const START_WHOLE = setOf(`
  start unstop restart resume subscribe optin opt-in alta iniciar inicio reiniciar reanudar suscribir suscribirme
  suscribirse comenzar empezar activar reactivar comecar retomar reiniciar voltar inscrever ativar reativar
`)

const HELP_FIRST = setOf(
  'help info information support ayuda informacion soporte ajuda informacao informacoes suporte aide',
)

const COURTESY = setOf(
  'please pls plz por favor porfavor porfa hi hello hey hola oi ola bom buenos buenas dia dias tardes thanks gracias',
)

const beginsWithPhrase = (whole: string) => STOP_PHRASES.some((phrase) => `${whole} `.startsWith(`${phrase} `))

function wordsOf(text: string): string[] {
  const found = text
    .slice(0, 1600)
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}'’‘`´]/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map(squeezed)
  return found.length > 1 && found.every((word) => word.length === 1) ? [squeezed(found.join(''))] : found
}

/** `please stop` asks for the same as `stop`; a text of courtesies alone stays as it is. */
function withoutCourtesy(all: string[]): string[] {
  const first = all.findIndex((word) => !COURTESY.has(word))
  const last = all.findLastIndex((word) => !COURTESY.has(word))
  return first < 0 ? all : all.slice(first, last + 1)
}

/** `stooop` → `stop`; word lists go through it too, so that double letters in them do no harm. */
function squeezed(word: string): string {
  return word.replace(/(.)\1+/gu, '$1')
}

/** A hyphen in the list stands for the space inside a message of two words. */
function setOf(list: string): ReadonlySet<string> {
  return new Set(
    list
      .trim()
      .split(/\s+/)
      .map((word) => squeezed(word.replaceAll('-', ' '))),
  )
}

function phrases(list: string): string[] {
  return list
    .trim()
    .split(/\s*[,\n]\s*/)
    .map(squeezed)
}
