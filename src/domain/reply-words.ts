import type { Reply } from './stop-words.ts'

type Answered = Exclude<Reply, 'other'>
type Language = 'en' | 'es' | 'pt'

/** What a person who wrote back is told, in one text message. */
const WORDS: Record<Language, Record<Answered, string>> = {
  en: {
    stop: 'You will get no more text messages from us. Reply START to get them again.',
    start: 'You will get our text messages again. Reply STOP to end them.',
    help: 'We send you your personal link for money transfers. Reply STOP to get no more text messages.',
  },
  es: {
    stop: 'No recibirá más mensajes de texto nuestros. Responda ALTA para volver a recibirlos.',
    start: 'Volverá a recibir nuestros mensajes de texto. Responda BAJA para dejar de recibirlos.',
    help: 'Le enviamos su enlace personal para transferencias. Responda BAJA para no recibir más mensajes.',
  },
  pt: {
    stop: 'Você não receberá mais mensagens de texto nossas. Responda VOLTAR para recebê-las de novo.',
    start: 'Você voltará a receber nossas mensagens de texto. Responda SAIR para não recebê-las mais.',
    help: 'Enviamos seu link pessoal para transferências. Responda SAIR para não receber mais mensagens.',
  },
}

export const replyWords = (reply: Answered, locale: string): string => WORDS[languageIn(locale)][reply]

/** The language a person is answered in; English where we have no words of theirs. */
export function languageIn(locale: string): Language {
  const [language = ''] = locale.toLowerCase().split(/[-_]/)
  return language === 'es' || language === 'pt' ? language : 'en'
}
