import { describe, expect, it } from 'vitest'
import { readReply } from '../../src/domain/stop-words.ts'

const STOP = `
STOP|stop|Stop|sToP| stop |stop.|STOP!!!|"STOP"|«stop»|¡STOP!|(stop)|*stop*|stop 🛑|🛑 STOP|S T O P|s.t.o.p.|S-T-O-P|stooop|STOPPP|ＳＴＯＰ|ｓｔｏｐ|st\u00f3p
st\u200bop|\ufeffSTOP|stop\u0000|stop\nsent from my phone|STOP ALL|STOPALL|stopall|stop all messages|stop it|stop texting me|Stop sending me these!
Stop, I don't want this|please stop|Please STOP.|pls stop|stop please|Hi, stop|Hello please stop texting|STOP thanks|stop por favor|unsubscribe
UNSUBSCRIBE|Unsubscribe me|unsub|please unsubscribe|cancel|CANCEL|Cancel all|cancel please|END|end|end this|QUIT|quit|quit now|REVOKE
revoke my consent|opt out|OPT-OUT|optout|OptOut|opt me out please|remove|remove me|Remove my number|take me off your list|take me off this list
leave me alone|no more|no more texts|No more messages please|do not text me|don't text me|Don’t text me again|DONT TEXT ME|do not contact me|don't call me
do not send me this|delete my number|lose my number|I want to stop|I want to unsubscribe|I wish to opt out|get me off this list|enough|stopped|stp
ALTO|alto|Alto.|¡ALTO!|alto por favor|BAJA|baja|Baja ya|dar de baja|darme de baja|Dame de baja|Quiero darme de baja|deme de baja por favor
CANCELAR|cancelar|Cancelar mensajes|cancela|CANCELE|PARAR|parar|por favor parar|DETENER|detener|Detén|detente|detenga esto|deténganse ya no|PARE
pare de mandar mensajes|paren|basta|¡BASTA!|Basta ya|para|PARA|Fin|salir|SALIR|anular|suspender|desuscribir|desuscribirme|no más|NO MAS|no mas mensajes
no más mensajes por favor|ya no quiero mensajes|ya no me manden nada|no quiero recibir más|no me envíen más|no molestar|dejen de molestar|deje de escribirme
bórrame|Hola, cancelar|quítame de la lista|elimíname|eliminen mi número|buenas tardes, baja
SAIR|sair|Sair.|quero sair|PARE!|Cancelar inscrição|cancele|descadastrar|DESCADASTRAR|Descadastre-me|desinscrever|remover|remova meu número|chega|CHEGA!
não quero mais|nao quero receber|não me envie mais|me remova|me tire da lista|parem de mandar|para de mandar mensagem|encerrar|fim|nunca mais|ARRET|arrêt
`

const START = `
START|start|Start.|ｓｔａｒｔ|UNSTOP|unstop|please start|START!|subscribe|SUBSCRIBE|resume|restart|opt in|OPT-IN|optin
ALTA|alta|Alta.|¡alta!|INICIAR|inicio|reanudar|suscribir|comenzar|empezar|activar|por favor reanudar|começar|COMECAR|retomar|voltar|ativar|inscrever
`

const HELP = `
HELP|help|Help!|help me|help please|please help|HELP?|ｈｅｌｐ|INFO|info|Info.|information|support
AYUDA|ayuda|¡Ayuda!|Ayuda por favor|INFORMACIÓN|informacion|soporte|hola ayuda|AJUDA|ajuda|ajuda por favor|informação|suporte|aide
`

const OTHER = `
|   |...|🛑|👍|ok|OK thanks|yes|YES|si|Sí|sim|no|NO|hola|hello|Hi|gracias|1|Who is this?|quién es?|Quem é?
I can't stop laughing|Don't stop|We never stop working|Is this non-stop?|where is the bus stop|My friend said to stop|thanks, now stop|you should end it
Never cancel my account|I will not quit|The end|weekend|ending|stopover|stopwatch|unstoppable|cancellation policy?|cancelled?|endless|Endocrinologist
help me stop these messages|info: how do I cancel?|ayuda, quiero cancelar|how to unsubscribe?|¿cómo cancelar?|como cancelar?|quiero saber para que es
para qué es esto?|para mi mamá|para mim?|fin de semana|fim de semana|no más tarde hablamos|no|nopal|no problem|no gracias|alternativa|bajar|altos
START when I say so|start sending again tomorrow|I want to start|let's start|don't start|alta calidad|voltar para casa|subscribed?|activar mi cuenta
when does it start?|helpful|helper|informal|my info is wrong|can you help|no entiendo|não entendi|more|what|Reply STOP to unsubscribe|Responda ALTO
https://example.com/stop|ЅТОР|停止|قف|stopp1|st0p|$top
`

const samples = (table: string) => table.replace(/^\n|\n$/g, '').split(/[|\n](?!sent from)/)

describe('readReply', () => {
  it.each(samples(STOP))('reads %j as stop', (text) => {
    expect(readReply(text)).toBe('stop')
  })

  it.each(samples(START))('reads %j as start', (text) => {
    expect(readReply(text)).toBe('start')
  })

  it.each(samples(HELP))('reads %j as help', (text) => {
    expect(readReply(text)).toBe('help')
  })

  it.each(samples(OTHER))('leaves %j to a person', (text) => {
    expect(readReply(text)).toBe('other')
  })

  it('has at least a hundred and fifty samples', () => {
    expect([STOP, START, HELP, OTHER].flatMap(samples).length).toBeGreaterThan(150)
  })

  it('reads 1,600 characters, as long as a text message may be, and no more of a longer text', () => {
    const stopAfter = (blanks: number) => readReply(`${' '.repeat(blanks)}stop`)

    expect([stopAfter(1_596), stopAfter(1_600)]).toEqual(['stop', 'other'])
  })
})
